package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	pollers = flag.Int("pollers", 0, "clients that ask for the path every -every, with the ETag that they had")
	readers = flag.Int("readers", 0, "clients that read the stream at -events")
	events  = flag.String("events", "/api/v1/events", "the stream")
	every   = flag.Duration("every", time.Second, "between two polls of a client")
)

// What all clients saw.
var polls, known, changed, happened, cut atomic.Int64

// watch stays until its standard input ends.
func watch() {
	over := make(chan struct{})
	var ready, wait sync.WaitGroup
	for number := 0; number < *pollers+*readers; number++ {
		ready.Add(1)
		wait.Add(1)
		go func(number int) {
			defer wait.Done()
			socket, err := net.Dial("tcp", *address)
			if err != nil {
				cut.Add(1)
				ready.Done()
				return
			}
			go func() { <-over; socket.Close() }()
			if number < *pollers {
				poll(socket, over, number, ready.Done)
			} else {
				read(socket, over, ready.Done)
			}
		}(number)
	}
	ready.Wait()
	os.Stdout.WriteString("ready\n")
	io.Copy(io.Discard, os.Stdin)
	close(over)
	wait.Wait()
	json.NewEncoder(os.Stdout).Encode(map[string]int64{
		"polls": polls.Load(), "304": known.Load(), "200": changed.Load(), "events": happened.Load(), "cut": cut.Load(),
	})
}

func isOver(over chan struct{}) bool {
	select {
	case <-over:
		return true
	default:
		return false
	}
}

func poll(socket net.Conn, over chan struct{}, number int, begun func()) {
	reader := bufio.NewReader(socket)
	tag := ""
	// Spread over the time between two polls, as clients that do not know each other are.
	pause := time.Duration(number) * *every / time.Duration(*pollers)
	begun()
	for {
		select {
		case <-over:
			return
		case <-time.After(pause):
		}
		pause = *every
		more := ""
		if tag != "" {
			more = "If-None-Match: " + tag + "\r\n"
		}
		socket.Write(getRequest(*path, more))
		status, fields, err := answerWithFields(reader)
		if err != nil {
			if !isOver(over) {
				cut.Add(1)
			}
			return
		}
		polls.Add(1)
		if status == "304" {
			known.Add(1)
		} else if status == "200" {
			changed.Add(1)
			tag = fields["etag"]
		} else {
			cut.Add(1)
		}
	}
}

func read(socket net.Conn, over chan struct{}, begun func()) {
	reader := bufio.NewReader(socket)
	socket.Write(getRequest(*events, "Accept: text/event-stream\r\n"))
	first := true
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			if !isOver(over) {
				cut.Add(1)
			}
			if first {
				begun()
			}
			return
		}
		if strings.HasPrefix(line, "event: ") {
			happened.Add(1)
			if first {
				first = false
				begun()
			}
		}
	}
}
