// Command load sends push webhooks over a few keep-alive connections, each one different and signed, and prints how fast they were answered
// as one JSON object; with -get the same request again and again; with -pollers and -readers it only is there while others are measured (watch.go);
// with -rate at fixed times, however long the answers take (rate.go), with slow attackers beside (attack.go).
// It speaks bare TCP, so that the server and not the client is measured. Loopback only, bounded in count and time.
package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	address     = flag.String("address", "127.0.0.1:8080", "where the server listens; loopback only")
	path        = flag.String("path", "/webhooks/gitlab", "the path")
	key         = flag.String("key", "", "signing key, base64")
	token       = flag.String("token", "", "X-Gitlab-Token")
	project     = flag.String("project", "platform/images", "project in the payload")
	connections = flag.Int("connections", 16, "connections")
	requests    = flag.Int("requests", 20000, "requests in all")
	longest     = flag.Duration("longest", time.Minute, "gives up after")
	get         = flag.Bool("get", false, "sends GETs of the path, all the same")
	header      = flag.String("header", "", "with -get and -pollers: one more field, `Name: value`; several are parted by a |")
	run         = flag.String("run", "1", "makes the ids of this run its own")
)

type push struct{ before, after, ref string }

// pushOf says what a number pushes: with -commits one commit after the other of a repository, on each branch in turn, which are some commits apart.
func pushOf(number int) push {
	if len(ids) == 0 {
		return push{id("before", number), id("after", number), "refs/heads/main"}
	}
	branch := number % *branches
	at := branch*apart + number / *branches
	return push{ids[at], ids[at+1], "refs/heads/branch" + strconv.Itoa(branch)}
}

func id(kind string, number int) string {
	sum := sha256.Sum256([]byte(*run + kind + strconv.Itoa(number)))
	return hex.EncodeToString(sum[:20])
}

// A payload as GitLab sends it for a push of one commit, about 3 KB.
func payload(number int) string {
	pushed := pushOf(number)
	person := `"user_id":4,"user_name":"John Smith","user_username":"jsmith","user_email":"john@example.com","user_avatar":"https://example.com/avatar.png",`
	repository := `"project_id":15,"project":{"id":15,"name":"Images","description":"` + strings.Repeat("all images ", 20) + `","web_url":"https://gitlab.example.com/` + *project +
		`","avatar_url":null,"git_ssh_url":"git@gitlab.example.com:images.git","git_http_url":"https://gitlab.example.com/images.git","namespace":"platform","visibility_level":0,"path_with_namespace":"` +
		*project + `","default_branch":"main"},`
	commit := `{"id":"` + pushed.after + `","message":"Update the base image","timestamp":"2026-11-22T18:06:00+00:00","url":"https://gitlab.example.com/c","author":{"name":"John Smith","email":"john@example.com"},"added":[],"modified":["` +
		strings.Repeat(`folder/file.txt","`, 80) + `x"],"removed":[]}`
	return `{"object_kind":"push","event_name":"push","before":"` + pushed.before + `","after":"` + pushed.after + `","ref":"` + pushed.ref + `","checkout_sha":"` +
		pushed.after + `",` + person + repository + `"commits":[` + commit + `],"total_commits_count":1}`
}

func getRequest(path, more string) []byte {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + *address + "\r\n"
	for _, field := range strings.Split(*header, "|") {
		if field != "" {
			head += field + "\r\n"
		}
	}
	return []byte(head + more + "\r\n")
}

func request(number int, secret []byte) []byte {
	if *get {
		return getRequest(*path, "")
	}
	body := payload(number)
	name := "delivery-" + *run + "-" + strconv.Itoa(number)
	head := "POST " + *path + " HTTP/1.1\r\nHost: " + *address + "\r\nContent-Type: application/json\r\nX-Gitlab-Event: Push Hook\r\nwebhook-id: " + name + "\r\n"
	if *token != "" {
		head += "X-Gitlab-Token: " + *token + "\r\n"
	}
	if len(secret) > 0 {
		now := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, secret)
		io.WriteString(mac, name+"."+now+"."+body)
		head += "webhook-timestamp: " + now + "\r\nwebhook-signature: v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)) + "\r\n"
	}
	return []byte(head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// answerWithFields reads one response and returns its status, and its fields where they are wanted.
func answerWithFields(reader *bufio.Reader) (string, map[string]string, error) {
	fields := map[string]string{}
	status, err := readAnswer(reader, fields)
	return status, fields, err
}

func answer(reader *bufio.Reader) (string, error) { return readAnswer(reader, nil) }

func readAnswer(reader *bufio.Reader, fields map[string]string) (string, error) {
	status, length, err := readHead(reader, fields)
	if err == nil {
		_, err = reader.Discard(length)
	}
	return status, err
}

// readHead reads one response up to its body, of which it returns the length.
func readHead(reader *bufio.Reader, fields map[string]string) (string, int, error) {
	status, err := reader.ReadString('\n')
	length := 0
	for line := "-"; err == nil && strings.TrimSpace(line) != ""; {
		line, err = reader.ReadString('\n')
		name, value, found := strings.Cut(line, ":")
		if found && strings.EqualFold(name, "content-length") {
			length, err = strconv.Atoi(strings.TrimSpace(value))
		}
		if found && fields != nil {
			fields[strings.ToLower(name)] = strings.TrimSpace(value)
		}
	}
	if err != nil || len(status) < 12 {
		return "", 0, fmt.Errorf("no answer: %w", err)
	}
	return status[9:12], length, nil
}

func main() {
	flag.Parse()
	if host, _, err := net.SplitHostPort(*address); err != nil || !net.ParseIP(host).IsLoopback() {
		fmt.Fprintln(os.Stderr, "load: only a loopback address is a target")
		os.Exit(2)
	}
	if *pollers+*readers > 0 {
		watch()
		return
	}
	secret, _ := base64.StdEncoding.DecodeString(*key)
	if *rate > 0 {
		sendAtRate(secret)
		return
	}
	all := make([][]byte, *requests)
	for number := range all {
		all[number] = request(number, secret)
	}
	var wait sync.WaitGroup
	var lock sync.Mutex
	var times []time.Duration
	statuses := map[string]int{}
	began := time.Now()
	for connection := 0; connection < *connections; connection++ {
		wait.Add(1)
		connection := connection
		go func() {
			defer wait.Done()
			socket, err := net.Dial("tcp", *address)
			if err != nil {
				lock.Lock()
				statuses["refused"]++
				lock.Unlock()
				return
			}
			defer socket.Close()
			socket.SetDeadline(began.Add(*longest))
			reader := bufio.NewReader(socket)
			var own []time.Duration
			counts := map[string]int{}
			for number := connection; number < *requests; number += *connections {
				start := time.Now()
				if _, err = socket.Write(all[number]); err != nil {
					counts["cut"]++
					break
				}
				status, err := answer(reader)
				if err != nil {
					counts["cut"]++
					break
				}
				own = append(own, time.Since(start))
				counts[status]++
			}
			lock.Lock()
			defer lock.Unlock()
			times = append(times, own...)
			for status, count := range counts {
				statuses[status] += count
			}
		}()
	}
	wait.Wait()
	report(times, time.Since(began), statuses, nil)
}

func report(times []time.Duration, took time.Duration, statuses map[string]int, more map[string]int64) {
	slices.Sort(times)
	at := func(share float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return times[min(len(times)-1, int(share*float64(len(times))))].Seconds() * 1000
	}
	result := map[string]any{
		"per_second": float64(len(times)) / took.Seconds(), "statuses": statuses,
		"p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1), "seconds": took.Seconds(),
	}
	for name, value := range more {
		result[name] = value
	}
	json.NewEncoder(os.Stdout).Encode(result)
}
