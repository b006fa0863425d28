package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/bench/feed"
)

// quiet are the flows that a single event is sent through. A request is answered once its
// event is settled.
var quiet = []struct{ name, stages, state, sink string }{
	{"no stages, to a file", "", "{memory: {}}", `file: {path: "${OUT}/out.jsonl"}`},
	{"the stages of b", benchStages, "{memory: {}}", `file: {path: "${OUT}/out.jsonl"}`},
	{"the same, embedded state", benchStages, `{embedded: {path: "${OUT}/state"}}`, `file: {path: "${OUT}/out.jsonl"}`},
	{"the same, file with fsync", benchStages, `{embedded: {path: "${OUT}/state"}}`, `file: {path: "${OUT}/out.jsonl", fsync: always}`},
}

const benchStages = "snsunwrap: {verify: false}}, {decode: {format: json}}, {split: {each: body.events}}, " +
	"{identify: {id: [body.shipmentNumber, body.eventTime, body.eventType.apiKey]}}, {dedupe: {}"

func (b *bench) latency() error {
	fmt.Println("one event at a time over HTTP    p50       p90       p99     p99.9     the request with it")
	for i, q := range quiet {
		waits, err := b.requestsThrough(i)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		slices.Sort(waits)
		fmt.Printf("%-27s", q.name)
		for _, p := range []float64{0.5, 0.9, 0.99, 0.999} {
			fmt.Printf(" %7d µs", waits[int(p*float64(len(waits)-1))].Microseconds())
		}
		fmt.Println()
	}
	return nil
}

func (b *bench) requestsThrough(i int) ([]time.Duration, error) {
	dir := filepath.Join(b.dir, fmt.Sprint("quiet", i))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	q := quiet[i]
	text := fmt.Sprintf("version: 1\nstate: %s\nflows:\n  f:\n    from: {http: {listen: %q}}\n    stages: [%s]\n    to: out\nsinks: {out: {%s}}\n", q.state, address, braced(q.stages), q.sink)
	if err := os.WriteFile(filepath.Join(dir, "flow.yaml"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	var said bytes.Buffer
	cmd := exec.Command(b.leat, "run", filepath.Join(dir, "flow.yaml"))
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "OUT="+dir), &said, &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	waits, err := post("http://"+address+"/", b.requests)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, said.String())
	}
	return waits, err
}

func braced(stages string) string {
	if stages == "" {
		return ""
	}
	return "{" + stages + "}"
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// post sends envelopes, each once the one before is answered, and returns what each took.
func post(url string, n int) (waits []time.Duration, err error) {
	var lines []string
	feed.Options{Lines: n + n/10, Events: 1}.Each(func(line string) { lines = append(lines, line) })
	if err := awaitAnswer(url); err != nil {
		return nil, err
	}
	for _, line := range lines[:n] {
		began := time.Now()
		answer, err := http.Post(url, "application/json", strings.NewReader(line))
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode/100 != 2 {
			return nil, fmt.Errorf("answered %s", answer.Status)
		}
		waits = append(waits, time.Since(began))
	}
	return waits, nil
}

// awaitAnswer waits until leat listens.
func awaitAnswer(url string) (err error) {
	for range 200 {
		answer, failed := http.Get(url)
		if failed == nil {
			return answer.Body.Close()
		}
		err = failed
		time.Sleep(25 * time.Millisecond)
	}
	return err
}
