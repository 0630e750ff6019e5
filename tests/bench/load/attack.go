package main

import (
	"flag"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	slowHeads  = flag.Int("slow-heads", 0, "with -rate: attackers whose heads never end, at a byte a second")
	slowBodies = flag.Int("slow-bodies", 0, "with -rate: attackers whose bodies come at a byte a second")
)

const (
	mostAttackers = 1000
	// Until all have come: whose time is up in one second comes back in one second, which is another attack.
	comeWithin = 30 * time.Second
)

// Connections of attackers, those of them that the server ended, and those that it did not take.
var attackers, attackersCut, attackersRefused atomic.Int64

// attack begins what ends with `over`.
func attack(over chan struct{}) *sync.WaitGroup {
	if *slowHeads+*slowBodies > mostAttackers {
		fail("more attackers than a bench needs")
	}
	var all sync.WaitGroup
	for number := 0; number < *slowHeads+*slowBodies; number++ {
		text := "POST " + *path + " HTTP/1.1\r\nHost: " + *address + "\r\nContent-Type: application/json\r\n"
		if number < *slowHeads {
			text += "X-Padding: "
		} else {
			text += "Content-Length: 100000\r\n\r\n"
		}
		late := comeWithin * time.Duration(number) / time.Duration(*slowHeads+*slowBodies)
		all.Add(1)
		go func() {
			defer all.Done()
			pause(over, late)
			for !isOver(over) {
				sendSlowly(text, over)
			}
		}()
	}
	return &all
}

// sendSlowly goes on until the server has enough; the next connection comes a second later at the soonest.
func sendSlowly(text string, over chan struct{}) {
	attackers.Add(1)
	socket, err := net.DialTimeout("tcp", *address, 5*time.Second)
	if err != nil {
		attackersRefused.Add(1)
		pause(over, time.Second)
		return
	}
	defer socket.Close()
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, io.LimitReader(socket, 1<<20))
		close(ended)
	}()
	rest := strings.NewReader(text)
	io.CopyN(socket, rest, rest.Size())
	for pause(over, time.Second) {
		if isOver(ended) {
			attackersCut.Add(1)
			return
		}
		if _, err := socket.Write([]byte("x")); err != nil {
			attackersCut.Add(1)
			return
		}
	}
}

// pause is false where all is over.
func pause(over chan struct{}, wait time.Duration) bool {
	select {
	case <-over:
		return false
	case <-time.After(wait):
		return true
	}
}
