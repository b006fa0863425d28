package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// A process that is killed gets the same batch again when it is started, and what it had
// delivered of it is known.
func TestKilledRunsLoseNothingOfATikiQueue(t *testing.T) {
	for _, spool := range []string{"false", "true"} {
		t.Run("spool "+spool, func(t *testing.T) {
			t.Parallel()
			const events, kills = 600, 4
			s := tikitest.New(t, tikitest.Options{MaxEvents: 40})
			s.AddQueue("q")
			for n := range events {
				if err := s.Push("q", fmt.Sprintf(`{"id":"e%d","payload":{"order_code":"o%d"}}`, n, n%7)); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			out := filepath.Join(dir, "out.jsonl")
			write(t, filepath.Join(dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  orders:
    from: {tiki: {queue: q, client_id: client, client_secret: secret, base_url: %q, token_url: %q, wait: 100ms, spool: %s}}
    stages:
      - identify: {id: body.id, key: body.payload.order_code}
      - dedupe: {ttl: 1h}
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {file: {path: out.jsonl}, rate: 400/s}
  dead: {file: {path: dead.jsonl}}
`, s.BaseURL, s.TokenURL, spool))
			for k := range kills {
				p := start(t, dir, nil, "run", "-q")
				if !p.awaitSize(sizeOf(out)+int64(500*(k+1)), out) {
					t.Fatal("the process has ended")
				}
				p.kill()
			}
			p := start(t, dir, nil, "run")
			p.await(func() bool { q, _ := s.Queue("q"); return q.Removed == events && countDifferent(out) == events })
			p.signal(syscall.SIGTERM)
			p.mustExit(exitOK)
		})
	}
}

// countDifferent is how many different events a file has, whole lines only.
func countDifferent(path string) int {
	seen := map[string]bool{}
	for _, line := range wholeLines(path) {
		var e struct{ ID string }
		if json.Unmarshal([]byte(line), &e) == nil {
			seen[e.ID] = true
		}
	}
	return len(seen)
}
