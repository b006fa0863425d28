//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// reload has a process read another text of its file and waits until it has said what came
// of that.
func (p *process) reload(path, text, result string) {
	p.t.Helper()
	before := strings.Count(p.said.String(), `"msg":"reload: `)
	replaceFile(p.t, path, text)
	p.signal(syscall.SIGHUP)
	if !p.await(func() bool { return strings.Count(p.said.String(), `"msg":"reload: `) > before }) {
		p.t.Fatal("the process ended during a reload")
	}
	last := p.said.String()
	last = last[strings.LastIndex(last, `"msg":"reload: `):]
	if !strings.HasPrefix(last, `"msg":"reload: `+result) {
		p.t.Fatalf("want a reload that is %s, got %s", result, last)
	}
}

func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Standard input cannot be read again, the state is forgotten with the process, and still
// each event is delivered once and in order.
func TestReloadsOfAFlowFromStandardInput(t *testing.T) {
	t.Parallel()
	const reloads = 60
	f := newFeed(21, 8_000)
	flow := newParcelFlow(t, f, inMemory)
	file := filepath.Join(flow.dir, "pipeline.yaml")
	yaml := string(readFile(t, file))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	variants := []struct{ result, text string }{
		{"ok", strings.Replace(yaml, "window: 2m", "window: 3m", 1)},
		{"refused", strings.Replace(yaml, "reorder", "reordre", 1)},
		{"ok", strings.Replace(yaml, "rest.jsonl\"}}", "rest.jsonl\"}, max_in_flight: 50}", 1)},
		{"failed", strings.Replace(yaml, "flows:", "flows:\n  push: {from: {http: {listen: \""+taken.Addr().String()+"\"}}, to: rest}", 1)},
		{"ok", yaml},
		{"failed", strings.Replace(strings.Replace(yaml, "window: 2m", "window: 4m", 1), "flows:", "flows:\n  push: {from: {http: {listen: \""+taken.Addr().String()+"\"}}, to: rest}", 1)},
	}
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := startReading(t, in, flow.dir, []string{"IN=-", "OUT=out"}, "run")
	more := make(chan int, reloads+1)
	go func() {
		defer feed.Close()
		lines := f.lines
		for range more {
			n := min(len(lines), len(f.lines)/reloads+1)
			io.WriteString(feed, strings.Join(lines[:n], "\n")+"\n")
			lines = lines[n:]
		}
		io.WriteString(feed, strings.Join(lines, "\n")+"\n")
	}()
	more <- 0
	p.awaitSize(1, flow.notify, flow.rest, flow.buried)
	for i := range reloads {
		more <- i
		v := variants[i%len(variants)]
		p.reload(file, v.text, v.result)
	}
	close(more)
	p.mustExit(exitOK)
	flow.mustHoldOnce()
}

func startReading(t *testing.T, in *os.File, dir string, set []string, args ...string) *process {
	t.Helper()
	defer in.Close()
	return startWith(t, in, dir, set, "leat", args...)
}

// pushed is a feed over HTTP: each of its keys sends its next number when the one before was
// taken, and offers again what was not.
type pushed struct {
	url     string
	keys    int
	stop    chan struct{}
	refused atomic.Int64
	taken   [16]atomic.Int64 // the last number, by key
	senders sync.WaitGroup
}

func (s *pushed) start(name string) {
	client := &http.Client{Timeout: 10 * time.Second}
	for k := range s.keys {
		s.senders.Go(func() {
			for n := 1; ; n++ {
				body := fmt.Sprintf(`{"id":"%s-%d-%d","key":"%s-%d","n":%d}`, name, k, n, name, k, n)
				for !s.post(client, body) {
					s.refused.Add(1)
					select {
					case <-s.stop:
						return
					case <-time.After(2 * time.Millisecond):
					}
				}
				s.taken[k].Store(int64(n))
				select {
				case <-s.stop:
					return
				default:
				}
			}
		})
	}
}

func (s *pushed) post(client *http.Client, body string) bool {
	answer, err := client.Post(s.url, "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode < 300
}

// sent is how much was taken, by key.
func (s *pushed) sent() (all []int64) {
	for k := range s.keys {
		all = append(all, s.taken[k].Load())
	}
	return all
}

// cameAgain waits until something more of each key was taken.
func (s *pushed) cameAgain(t *testing.T) {
	before := s.sent()
	eventually(t, func() bool {
		for k, n := range s.sent() {
			if n == before[k] {
				return false
			}
		}
		return true
	})
}

const pushFlows = `version: 1
state: {embedded: {path: state.db}}
flows:
  changing:
    from: {http: {listen: "${CHANGING}"}}
    stages:
      - identify: {id: body.id, key: body.key}
      - dedupe: {ttl: 24h}
      - reorder: {by: arrival}
      - map: {set: {meta.variant: '"none"'}}
    to: out
  steady: {from: {http: {listen: "${STEADY}"}}, stages: [{identify: {id: body.id, key: body.key}}, {dedupe: {ttl: 24h}}], to: out}
sinks:
  out: {file: {path: out.jsonl}}
`

func TestReloadsUnderLoadLoseNothing(t *testing.T) {
	t.Parallel()
	const reloads = 200
	dir := t.TempDir()
	file, out := filepath.Join(dir, "pipeline.yaml"), filepath.Join(dir, "out.jsonl")
	write(t, file, pushFlows)
	addresses := []string{freeAddress(t), freeAddress(t)}
	set := []string{"CHANGING=" + addresses[0], "STEADY=" + addresses[1]}
	variants := []struct{ result, text string }{
		{"ok", strings.Replace(pushFlows, `"none"`, `"one"`, 1)},
		{"refused", strings.Replace(pushFlows, "identify", "identfy", 1)},
		{"ok", strings.Replace(pushFlows, `"none"`, `"two"`, 1)},
	}
	changing := &pushed{url: "http://" + addresses[0], keys: 6, stop: make(chan struct{})}
	steady := &pushed{url: "http://" + addresses[1], keys: 2, stop: make(chan struct{})}
	p := start(t, dir, set, "run", "-q")
	p.awaitText(`listening for events.*changing`)
	p.awaitText(`listening for events.*steady`)
	changing.start("changing")
	steady.start("steady")
	for i := range reloads {
		if i == reloads/2 {
			if n := steady.refused.Load(); n > 0 {
				t.Errorf("the flow that is the same was away for %d requests", n)
			}
			p.kill()
			write(t, file, pushFlows)
			p = start(t, dir, set, "run", "-q")
			p.awaitText(`listening for events.*changing`)
			p.awaitText(`listening for events.*steady`)
			steady.cameAgain(t)
			steady.refused.Store(0)
		}
		v := variants[i%len(variants)]
		p.reload(file, v.text, v.result)
	}
	close(changing.stop)
	close(steady.stop)
	changing.senders.Wait()
	steady.senders.Wait()
	p.signal(stopSignal)
	p.mustExit(exitOK)
	again := mustBeThere(t, out, "changing", changing) + mustBeThere(t, out, "steady", steady)
	if most := changing.keys + steady.keys; again > most {
		t.Errorf("%d events were delivered again after one kill, want at most the %d under way", again, most)
	}
	t.Logf("%v and %v sent; %d delivered again", changing.sent(), steady.sent(), again)
}

// mustBeThere fails the test unless all that was taken was delivered, each key in order, and
// returns how many events were delivered again.
func mustBeThere(t *testing.T, path, name string, s *pushed) (again int) {
	t.Helper()
	last := make([]int, s.keys)
	for _, line := range linesOf(t, path) {
		var k, n int
		_, after, found := strings.Cut(line, `{"id":"`+name+"-")
		if _, err := fmt.Sscanf(strings.ReplaceAll(after, "-", " "), "%d %d", &k, &n); !found || err != nil {
			continue
		}
		switch {
		case n == last[k]+1:
			last[k] = n
		case n <= last[k]:
			again++
		default:
			t.Errorf("%s %d: %d comes after %d", name, k, n, last[k])
			last[k] = n
		}
	}
	for k := range last {
		if last[k] < int(s.taken[k].Load()) {
			t.Errorf("%s %d: %d was taken, and delivered was up to %d", name, k, int(s.taken[k].Load()), last[k])
		}
	}
	return again
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(text)
}
