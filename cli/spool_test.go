package cli

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// spooledServer is a flow from a spooled http source to a server, in a process
// that is killed and started again.
type spooledServer struct {
	t    *testing.T
	dir  string
	proc *process
	url  string
}

const spooledFile = `version: 1
state: {memory: {}}
flows:
  orders:
    from: {http: {listen: "127.0.0.1:0", spool: true}}
    to: out
sinks: {out: {http: {url: "%s"}}}
`

func newSpooledServer(t *testing.T, sink string) *spooledServer {
	s := &spooledServer{t: t, dir: t.TempDir()}
	write(t, filepath.Join(s.dir, "pipeline.yaml"), fmt.Sprintf(spooledFile, sink))
	return s
}

var listeningRE = regexp.MustCompile(`"address":"([^"]+)"`)

func (s *spooledServer) start() {
	s.t.Helper()
	s.proc = start(s.t, s.dir, nil, "run")
	s.proc.awaitText(`listening for events`)
	s.url = "http://" + listeningRE.FindStringSubmatch(s.proc.said.String())[1] + "/"
	if path := regexp.MustCompile(`"path":"(/[^"]*)"`).FindStringSubmatch(s.proc.said.String()); path != nil {
		s.url = strings.TrimSuffix(s.url, "/") + path[1]
	}
}

// send reports whether an event was taken.
func (s *spooledServer) send(client *http.Client, body string) bool {
	answer, err := client.Post(s.url, "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode < 300
}

// sendUntil sends events from several clients until enough were taken, and
// returns those that were.
func (s *spooledServer) sendUntil(run, enough int) (taken []string) {
	var mu sync.Mutex
	var clients sync.WaitGroup
	for c := range 8 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
			defer client.CloseIdleConnections()
			for i := 0; ; i++ {
				body := fmt.Sprintf(`{"run":%d,"client":%d,"n":%d}`, run, c, i)
				ok := s.send(client, body)
				mu.Lock()
				if ok {
					taken = append(taken, body)
				}
				if len(taken) == enough {
					_ = s.proc.cmd.Process.Kill()
				}
				over := len(taken) >= enough
				mu.Unlock()
				if over || !ok {
					return
				}
			}
		})
	}
	clients.Wait()
	return taken
}

// Every request that was answered with 2xx is delivered in the end, however often
// the process is killed, and whether or not the sink works meanwhile.
func TestKilledSpoolLosesNothing(t *testing.T) {
	t.Parallel()
	const rounds = 5
	var down bool // the receiver's lock guards it
	sink := newReceiver(t, func(string, int) int {
		if down {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	s := newSpooledServer(t, sink.URL)
	var taken []string
	for run := range rounds {
		sink.mu.Lock()
		down = run%2 == 1
		sink.mu.Unlock()
		s.start()
		got := s.sendUntil(run, 100+rand.IntN(400))
		s.proc.exit()
		taken = append(taken, got...)
		if len(got) < 100 {
			t.Fatalf("only %d events were taken", len(got))
		}
	}
	sink.mu.Lock()
	down = false
	sink.mu.Unlock()
	s.start()
	if !s.proc.await(func() bool { return len(missing(sink, taken)) == 0 }) {
		t.Fatal("the process has ended")
	}
	s.proc.signal(stopSignal)
	s.proc.mustExit(exitOK)
	again := -len(taken)
	sink.mu.Lock()
	for _, body := range sink.took {
		if slices.Contains(taken, body) {
			again++
		}
	}
	sink.mu.Unlock()
	t.Logf("%d events over %d kills, %d of them delivered again", len(taken), rounds, again)
	if again > rounds*1000 { // what may be in flight
		t.Errorf("%d events were delivered again", again)
	}
}

func missing(sink *receiver, bodies []string) (list []string) {
	sink.mu.Lock()
	defer sink.mu.Unlock()
	took := map[string]bool{}
	for _, body := range sink.took {
		took[body] = true
	}
	for _, body := range bodies {
		if !took[body] {
			list = append(list, body)
		}
	}
	return list
}

// A stop says what waits, and the next run delivers it once though nothing
// remembers what was delivered.
func TestStoppedSpoolGoesOn(t *testing.T) {
	var down = true
	sink := newReceiver(t, func(string, int) int {
		if down {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	s := newSpooledServer(t, sink.URL)
	s.start()
	var want []string
	for i := range 12 {
		want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		if !s.send(http.DefaultClient, want[i]) {
			t.Fatal("not taken")
		}
	}
	s.proc.signal(stopSignal)
	s.proc.mustExit(exitOK)
	s.proc.mustSay(`waiting +12  events in the spool .leat.spool.orders: the next run goes on with them`)
	sink.mu.Lock()
	down = false
	sink.mu.Unlock()
	s.start()
	s.proc.mustSay(`events of an earlier run wait in the spool and come first.*"events":12`)
	if !s.proc.await(func() bool { return len(missing(sink, want)) == 0 }) {
		t.Fatal("the process has ended")
	}
	s.proc.signal(stopSignal)
	s.proc.mustExit(exitOK)
	sink.mustHaveTaken(t, want...)
	if left, _ := os.ReadDir(filepath.Join(s.dir, ".leat", "spool", "orders")); len(left) != 2 {
		t.Error("left behind:", left)
	}
}

func TestSpoolIsForOneProcess(t *testing.T) {
	t.Parallel()
	sink := newReceiver(t, func(string, int) int { return http.StatusNoContent })
	s := newSpooledServer(t, sink.URL)
	s.start()
	begun := time.Now()
	second := start(t, s.dir, nil, "run").mustExit(exitProblem)
	second.mustSay(`the spool .leat.spool.orders is in use by another leat process, or by another flow: stop that one, or give each its own path`)
	if took := time.Since(begun); took > patience/3 {
		t.Errorf("it took %s to say so", took)
	}
}
