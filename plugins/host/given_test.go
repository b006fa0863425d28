package host

import (
	"log/slog"
	"testing"
	"testing/synctest"
)

// Sinks that flows share stay open for longer than each of these flows.
func TestAFlowThatIsOverIsNotWatchedAnyLonger(t *testing.T) {
	for name, stops := range map[string]bool{"it stopped": true, "it came to its end": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := New(Config{}, Options{Log: slog.Default()})
				stopping, over := make(chan struct{}), make(chan struct{})
				e := ends{stopping, over}
				h.given.watched = []ends{e}
				h.working.Go(func() { h.attend(e) })
				if stops {
					close(stopping)
					synctest.Wait()
				}
				close(over)
				h.working.Wait() // a goroutine that is left over ends the test
				if n := len(h.given.watched); n != 0 {
					t.Errorf("%d flows are watched, want none", n)
				}
			})
		})
	}
}
