package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const exitKilledBySecondSignal = 130

func TestInterruptedRunGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	f := newFeed(8, 8_000)
	for name, state := range map[string]string{"memory": inMemory, "embedded": inFile} {
		t.Run(name, func(t *testing.T) {
			flow := newParcelFlow(t, f, state)
			p := flow.start()
			if !p.awaitSize(100_000, flow.notify, flow.rest) {
				t.Fatal("the run ended before it could be interrupted")
			}
			begun := time.Now()
			p.signal(stopSignal)
			p.mustExit(exitProblem)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %s to stop", took)
			}
			p.mustSay(`stopping: finishing what is under way`)
			p.mustSay(`interrupted before the end of the input: run it again to go on`)
			if t.Failed() {
				return
			}
			notify, rest := outputFile{path: flow.notify}, outputFile{path: flow.rest}
			notify.nextRun(t)
			rest.nextRun(t)
			first := len(linesOf(t, flow.notify)) + len(linesOf(t, flow.rest))
			if first == len(f.events) {
				t.Error("the first run was not interrupted")
			}
			if delivered := p.summary()["delivered"]; delivered != first {
				t.Errorf("the summary says %d were delivered, and %d were", delivered, first)
			}
			flow.start().mustExit(exitOK)
			again := f.mustHold(t, outcome{notify: notify.parts(t), rest: rest.parts(t)})
			if want := map[string]int{"memory": first, "embedded": 0}[name]; again != want {
				t.Errorf("%d events were delivered again, want %d", again, want)
			}
		})
	}
}

// hangingServer takes requests and never answers them. asked is closed with the
// first.
func hangingServer(t *testing.T) (url string, asked chan struct{}) {
	asked, over := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(asked) })
		<-over
	}))
	t.Cleanup(func() {
		close(over)
		s.Close()
	})
	return s.URL, asked
}

// toHTTP is a flow from a file to an http sink. EXTRA goes to the end of it.
const toHTTP = `version: 1
state: {memory: {}}
stop_timeout: 30s
flows:
  orders:
    from: {file: in.jsonl}
    to: erp
    on_error: {retry: {backoff: 10ms..20ms}, dead_letter: dead}
sinks:
  erp: {http: {url: "${URL}", timeout: 20s}}
  dead: {file: out/dead.jsonl}
`

func startToHTTP(t *testing.T, dir, url, input string, edits ...string) *process {
	t.Helper()
	write(t, filepath.Join(dir, "in.jsonl"), input)
	write(t, filepath.Join(dir, "pipeline.yaml"), strings.NewReplacer(edits...).Replace(toHTTP))
	return start(t, dir, []string{"URL=" + url}, "run")
}

func await(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("what was waited for did not happen")
	}
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	for _, second := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		url, asked := hangingServer(t)
		p := startToHTTP(t, t.TempDir(), url, "{\"n\":1}\n")
		await(t, asked)
		p.signal(os.Interrupt)
		p.awaitText(`Ctrl-C again stops at once`)
		begun := time.Now()
		p.signal(second)
		p.mustExit(exitKilledBySecondSignal)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	}
}

func TestStopThatTakesTooLongSaysWhatHangs(t *testing.T) {
	url, asked := hangingServer(t)
	p := startToHTTP(t, t.TempDir(), url, "{\"n\":1}\n{\"n\":2}\n", "stop_timeout: 30s", "stop_timeout: 1s")
	await(t, asked)
	begun := time.Now()
	p.signal(stopSignal)
	p.mustExit(exitProblem)
	if took := time.Since(begun); took < time.Second || took > 15*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	p.mustSay(`(?m)^leat: flow orders did not stop within 1s: events still [12] in sink erp$`)
	p.mustSay(`interrupted before the end of the input`)
}

// stopSignal asks a process to stop.
const stopSignal = syscall.SIGTERM
