package embedded

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/state/statetest"
)

func TestState(t *testing.T) {
	statetest.Run(t, statetest.Subject{Persists: true, Open: func(t testing.TB, folder string, clock pipeline.Clock) (pipeline.State, func() error) {
		s := openIn(t, folder, clock)
		return s, s.close
	}})
}

// openIn opens the state file of a folder.
func openIn(t testing.TB, folder string, clock pipeline.Clock) *store {
	t.Helper()
	s := storeIn(folder, clock)
	if err := s.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func storeIn(folder string, clock pipeline.Clock) *store {
	return newStore(Config{Path: filepath.Join(folder, "new", "state.db")}, clock, slog.New(slog.DiscardHandler))
}
