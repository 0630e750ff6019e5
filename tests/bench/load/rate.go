package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	rate     = flag.Int("rate", 0, "requests a second, each due at its time whether or not earlier ones are answered; its answer counts from then")
	accepted = flag.String("accepted", "", "with -rate: writes `number delivery build` of each 202 to this file")
	commits  = flag.String("commits", "", "with -rate: pushes commits of this file, one a line, each built on the one before it")
	branches = flag.Int("branches", 8, "with -commits: branch0, branch1, …")
)

var ids []string // of -commits

const apart = 100

// What came of all requests.
type outcome struct {
	lock     sync.Mutex
	times    []time.Duration
	statuses map[string]int
	accepted *bufio.Writer
}

func (o *outcome) count(status string) {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.statuses[status]++
}

func (o *outcome) answered(number int, status string, body []byte, took time.Duration) {
	var stored struct{ Delivery, Build int64 }
	if status == "202" && json.Unmarshal(body, &stored) != nil {
		status = "not understood"
	}
	o.lock.Lock()
	defer o.lock.Unlock()
	o.times = append(o.times, took)
	o.statuses[status]++
	if status == "202" {
		fmt.Fprintln(o.accepted, number, stored.Delivery, stored.Build)
	}
}

func fail(why any) {
	fmt.Fprintln(os.Stderr, "load:", why)
	os.Exit(2)
}

// readCommits fills `ids`; there must be enough, for a push is accepted once.
func readCommits() {
	text, err := os.ReadFile(*commits)
	if err != nil {
		fail(err)
	}
	ids = strings.Fields(string(text))
	if wanted := *requests / *branches + *branches*apart + 1; len(ids) < wanted {
		fail(fmt.Sprintf("so many pushes need %d commits, there are %d", wanted, len(ids)))
	}
}

func sendAtRate(secret []byte) {
	sink := io.Discard
	if *accepted != "" {
		file, err := os.Create(*accepted)
		if err != nil {
			fail(err)
		}
		defer file.Close()
		sink = file
	}
	if *commits != "" {
		readCommits()
	}
	result := &outcome{statuses: map[string]int{}, accepted: bufio.NewWriter(sink)}
	over := make(chan struct{})
	attacking := attack(over)
	var next atomic.Int64
	var wait sync.WaitGroup
	began := time.Now()
	for connection := 0; connection < *connections; connection++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			sendInTime(result, secret, began, &next)
		}()
	}
	wait.Wait()
	took := time.Since(began)
	close(over)
	attacking.Wait()
	if err := result.accepted.Flush(); err != nil {
		fail(err)
	}
	report(result.times, took, result.statuses, map[string]int64{
		"attackers": attackers.Load(), "attackers_cut": attackersCut.Load(), "attackers_refused": attackersRefused.Load(),
	})
}

// sendInTime takes one number after the other until there are no more, on a connection that is made anew where it was cut.
func sendInTime(result *outcome, secret []byte, began time.Time, next *atomic.Int64) {
	var socket net.Conn
	var reader *bufio.Reader
	for time.Since(began) < *longest {
		number := int(next.Add(1)) - 1
		if number >= *requests {
			return
		}
		text := request(number, secret)
		due := began.Add(time.Duration(number) * time.Second / time.Duration(*rate))
		time.Sleep(time.Until(due))
		if socket == nil {
			var err error
			if socket, err = net.DialTimeout("tcp", *address, 5*time.Second); err != nil {
				socket = nil
				result.count("refused")
				continue
			}
			defer socket.Close()
			reader = bufio.NewReader(socket)
		}
		socket.SetDeadline(time.Now().Add(30 * time.Second))
		status, body, err := exchange(socket, reader, text)
		if err != nil {
			result.count("cut")
			socket.Close()
			socket = nil
			continue
		}
		result.answered(number, status, body, time.Since(due))
	}
}

func exchange(socket net.Conn, reader *bufio.Reader, text []byte) (string, []byte, error) {
	if _, err := socket.Write(text); err != nil {
		return "", nil, err
	}
	status, length, err := readHead(reader, nil)
	if err != nil || length > 1<<20 {
		return "", nil, fmt.Errorf("no answer: %w", err)
	}
	body := make([]byte, length)
	_, err = io.ReadFull(reader, body)
	return status, body, err
}
