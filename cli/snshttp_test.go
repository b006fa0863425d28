package cli

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// A topic is delivered to a process that is killed again and again: what it has
// answered with 200 is on the disk, and what it has not, SNS sends again.
func TestKilledProcessesLoseNothingOfATopic(t *testing.T) {
	t.Parallel()
	const messages = 600
	server := sqstest.New(t, sqstest.Options{Delivery: sqstest.HTTPDelivery{Attempts: 200, Gap: 100 * time.Millisecond}})
	topic := server.CreateTopic("parcels")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := t.TempDir()
	out := filepath.Join(dir, "out.jsonl")
	write(t, filepath.Join(dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  parcels:
    from: {snshttp: {listen: %q, path: /sns, topics: [%q], endpoint: %q, spool: true}}
    stages: [dedupe: {ttl: 1h}]
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {file: {path: out.jsonl}}
  dead: {file: {path: dead.jsonl}}
`, address, topic, server.URL))
	ask := func(form url.Values) {
		answer, err := http.PostForm(server.URL, form)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", form.Get("Action"), answer.Status)
		}
	}
	p := start(t, dir, nil, "run", "-q")
	ask(url.Values{"Action": {"Subscribe"}, "TopicArn": {topic}, "Protocol": {"http"}, "Endpoint": {"http://" + address + "/sns"}})
	p.await(func() bool {
		subscriptions := server.Subscriptions(topic)
		return len(subscriptions) == 1 && subscriptions[0].Confirmed
	})
	go func() {
		for n := range messages {
			ask(url.Values{"Action": {"Publish"}, "TopicArn": {topic}, "Message": {fmt.Sprintf(`{"n":%d}`, n)}})
		}
	}()
	kills := 0
	for range 4 {
		if !p.awaitSize(sizeOf(out)+1+rand.Int64N(1500), out) {
			break
		}
		p.kill()
		kills++
		p = start(t, dir, nil, "run", "-q")
	}
	seen := map[string]int{}
	p.await(func() bool {
		clear(seen)
		for _, line := range wholeLines(out) {
			seen[line]++
		}
		return len(seen) == messages
	})
	p.signal(syscall.SIGTERM)
	p.mustExit(exitOK)
	twice := 0
	for _, n := range seen {
		twice += n - 1
	}
	t.Logf("%d kills, %d deliveries to the file were repeated; SNS: %+v", kills, twice, server.Deliveries())
	if sizeOf(filepath.Join(dir, "dead.jsonl")) > 0 {
		t.Error("there are dead letters")
	}
}

// wholeLines returns the lines of a file that is being written.
func wholeLines(path string) []string {
	text, _ := os.ReadFile(path)
	lines := strings.Split(string(text), "\n")
	return lines[:len(lines)-1]
}
