package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// A conversation sends a request when it has the answer to the one before.
type conversation struct {
	socket net.Conn
	fd     int
	next   int // the number of its next request
	sent   time.Time
	answer []byte // what has come of it
}

// A loop holds all conversations on one thread, by epoll: where server and client share two processors, a goroutine for each takes a quarter of what there is to take.
type loop struct {
	all           [][]byte
	conversations map[int]*conversation // by descriptor
	epoll         int
	times         []time.Duration
	counts        map[string]int
}

// sendAll sends each request once, over so many connections, and says how long each answer took and which statuses there were.
func sendAll(all [][]byte, connections int, until time.Time) ([]time.Duration, map[string]int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := loop{all: all, conversations: map[int]*conversation{}, times: make([]time.Duration, 0, len(all)), counts: map[string]int{}}
	var err error
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		l.counts["refused"] += connections
		return l.times, l.counts
	}
	defer syscall.Close(l.epoll)
	for first := 0; first < connections; first++ {
		if err := l.open(first); err != nil {
			l.counts["refused"]++
		}
	}
	l.run(connections, until)
	return l.times, l.counts
}

func (l *loop) open(first int) error {
	socket, err := net.Dial("tcp", *address)
	if err != nil {
		return err
	}
	c := &conversation{socket: socket, next: first, answer: make([]byte, 0, 4096)}
	raw, err := socket.(*net.TCPConn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { c.fd = int(fd) })
	}
	if err == nil {
		err = syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, c.fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c.fd)})
	}
	if err == nil {
		err = syscall.SetNonblock(c.fd, false) // one request is on its way at most, and there is room for it
	}
	if err != nil {
		socket.Close()
		return err
	}
	l.conversations[c.fd] = c
	return nil
}

func (l *loop) run(step int, until time.Time) {
	for _, c := range l.conversations {
		l.send(c)
	}
	events := make([]syscall.EpollEvent, step)
	for len(l.conversations) > 0 {
		left := time.Until(until)
		if left <= 0 {
			break
		}
		ready, err := syscall.EpollWait(l.epoll, events, int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			break
		}
		for _, event := range events[:max(ready, 0)] {
			l.receive(l.conversations[int(event.Fd)], step)
		}
	}
	for _, c := range l.conversations {
		l.cut(c)
	}
}

func (l *loop) end(c *conversation) {
	delete(l.conversations, c.fd)
	c.socket.Close()
}

func (l *loop) cut(c *conversation) {
	l.counts["cut"]++
	l.end(c)
}

func (l *loop) send(c *conversation) {
	if c.next >= len(l.all) {
		l.end(c)
		return
	}
	c.sent = time.Now()
	for request := l.all[c.next]; len(request) > 0; {
		written, err := syscall.Write(c.fd, request)
		if err != nil {
			l.cut(c)
			return
		}
		request = request[written:]
	}
}

func (l *loop) receive(c *conversation, step int) {
	read, err := syscall.Read(c.fd, c.answer[len(c.answer):cap(c.answer)])
	if err != nil || read <= 0 {
		l.cut(c)
		return
	}
	c.answer = c.answer[:len(c.answer)+read]
	status, length, err := parseAnswer(c.answer)
	if err != nil || length > cap(c.answer) {
		l.cut(c)
		return
	}
	if length == 0 || len(c.answer) < length {
		return
	}
	l.times = append(l.times, time.Since(c.sent))
	l.counts[status]++
	c.answer = c.answer[:0]
	c.next += step
	l.send(c)
}

var (
	headEnd   = []byte("\r\n\r\n")
	lineEnd   = []byte("\r\n")
	lengthTag = []byte("content-length")
)

// parseAnswer returns the status and how long the whole answer is, 0 while its head is not complete.
func parseAnswer(answer []byte) (string, int, error) {
	end := bytes.Index(answer, headEnd)
	if end < 0 {
		if len(answer) == cap(answer) {
			return "", 0, errors.New("a head without end")
		}
		return "", 0, nil
	}
	status, fields, _ := bytes.Cut(answer[:end], lineEnd)
	if len(status) < 12 {
		return "", 0, fmt.Errorf("no status: %q", status)
	}
	length := end + len(headEnd)
	for line := []byte(nil); len(fields) > 0; {
		line, fields, _ = bytes.Cut(fields, lineEnd)
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, lengthTag) {
			body, err := strconv.Atoi(string(bytes.TrimSpace(value)))
			return string(status[9:12]), length + body, err
		}
	}
	return string(status[9:12]), length, nil
}
