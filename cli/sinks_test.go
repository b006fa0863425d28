package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// receiver is an HTTP server that answers as it is told.
type receiver struct {
	*httptest.Server
	answer func(body string, attempt int) (status int)

	mu       sync.Mutex
	attempts map[string]int
	took     []string // bodies that were answered with 2xx
}

func newReceiver(t *testing.T, answer func(body string, attempt int) int) *receiver {
	r := &receiver{answer: answer, attempts: map[string]int{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts[string(body)]++
	status := r.answer(string(body), r.attempts[string(body)])
	if status < 300 {
		r.took = append(r.took, string(body))
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, "answer %d", status)
}

// mustHaveTaken fails the test unless the server accepted these bodies, each once.
func (r *receiver) mustHaveTaken(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := slices.Sorted(slices.Values(r.took))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("delivered %q, want %q", got, want)
	}
}

func numbered(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(`{"n":%d}`, i))
	}
	return lines
}

func TestSinkThatFailsOnceIsTriedAgain(t *testing.T) {
	lines := numbered(20)
	server := newReceiver(t, func(_ string, attempt int) int { return map[bool]int{true: 503, false: 200}[attempt == 1] })
	p := startToHTTP(t, t.TempDir(), server.URL, strings.Join(lines, "\n")).mustExit(exitOK)
	p.mustSumUp(map[string]int{"read": 20, "delivered": 20})
	server.mustHaveTaken(t, lines...)
}

func TestSinkThatIsDownPausesTheFlow(t *testing.T) {
	lines := numbered(50)
	asked := 0
	server := newReceiver(t, func(string, int) int {
		if asked++; asked <= 80 {
			return 500
		}
		return 204
	})
	p := startToHTTP(t, t.TempDir(), server.URL, strings.Join(lines, "\n")).mustExit(exitOK)
	p.mustSumUp(map[string]int{"read": 50, "delivered": 50})
	p.mustSay(`sink is failing: its flows pause until it works again.*"sink":"erp".*500 Internal Server Error: answer 500`)
	p.mustSay(`sink works again.*"sink":"erp"`)
	server.mustHaveTaken(t, lines...)
}

func TestSinkThatNeverWorksIsGivenUp(t *testing.T) {
	lines := numbered(10)
	server := newReceiver(t, func(string, int) int { return 502 })
	dir := t.TempDir()
	p := startToHTTP(t, dir, server.URL, strings.Join(lines, "\n"), "10ms..20ms}", "10ms..20ms, give_up_after: 100ms}").mustExit(exitOK)
	p.mustSumUp(map[string]int{"read": 10, "delivered": 0, "dead letters": 10})
	var got []string
	for _, l := range lettersOf(t, linesOf(t, filepath.Join(dir, "out/dead.jsonl"))) {
		got = append(got, l.original())
		if l.Sink != "erp" || l.Stage != "" || l.Attempts < 1 || !strings.Contains(l.Error, "given up after 100ms: ") || !strings.Contains(l.Error, "502 Bad Gateway") {
			t.Errorf("sink %q, stage %q, %d attempts, error %q", l.Sink, l.Stage, l.Attempts, l.Error)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, lines) {
		t.Errorf("dead letters of %q, want %q", got, lines)
	}
}

func TestSinkThatIsDownAndNotGivenUpLosesNothing(t *testing.T) {
	server := newReceiver(t, func(string, int) int { return 502 })
	p := startToHTTP(t, t.TempDir(), server.URL, strings.Join(numbered(10), "\n"))
	p.awaitText(`sink is failing`)
	p.signal(stopSignal)
	p.mustExit(exitProblem)
	p.mustSumUp(map[string]int{"read": 10, "delivered": 0})
	p.mustSay(`interrupted before the end of the input`)
}

func TestRefusedEventsAreDeadLettersAtOnce(t *testing.T) {
	lines := numbered(9)
	server := newReceiver(t, func(body string, _ int) int { return map[bool]int{true: 422, false: 200}[body == `{"n":4}`] })
	dir := t.TempDir()
	p := startToHTTP(t, dir, server.URL, strings.Join(lines, "\n")).mustExit(exitOK)
	p.mustSumUp(map[string]int{"read": 9, "delivered": 8, "dead letters": 1})
	server.mustHaveTaken(t, slices.Delete(slices.Clone(lines), 4, 5)...)
	l := lettersOf(t, linesOf(t, filepath.Join(dir, "out/dead.jsonl")))[0]
	if l.original() != `{"n":4}` || l.Sink != "erp" || l.Attempts != 1 || !strings.Contains(l.Error, "422 Unprocessable Entity: answer 422") {
		t.Errorf("sink %q, %d attempts, error %q, original %q", l.Sink, l.Attempts, l.Error, l.original())
	}
}

func TestRefusedEventsWithoutDeadLettersFailTheRun(t *testing.T) {
	server := newReceiver(t, func(body string, _ int) int { return map[bool]int{true: 400, false: 200}[body == `{"n":1}`] })
	p := startToHTTP(t, t.TempDir(), server.URL, strings.Join(numbered(3), "\n"),
		", dead_letter: dead", "", "  dead: {file: out/dead.jsonl}\n", "").mustExit(exitProblem)
	p.mustSumUp(map[string]int{"read": 3, "delivered": 2, "returned": 1})
	p.mustSay(`event goes back to its source.*400 Bad Request.*the flow has no dead_letter to put it in`)
}

func TestDeadLettersThatCannotBeWrittenFailTheRun(t *testing.T) {
	server := newReceiver(t, func(string, int) int { return 400 })
	other := newReceiver(t, func(string, int) int { return 403 })
	p := startToHTTP(t, t.TempDir(), server.URL, strings.Join(numbered(3), "\n"), "file: out/dead.jsonl", "http: "+other.URL).mustExit(exitProblem)
	p.mustSumUp(map[string]int{"read": 3, "delivered": 0, "returned": 3})
	p.mustSay(`event goes back to its source.*"stage":"erp".*400 Bad Request: answer 400; its dead letter cannot be written: .*403 Forbidden`)
}
