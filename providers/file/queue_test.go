package file

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// short is a file that takes only a part of what is written now and then.
type short struct {
	handle
	random *rand.Rand
}

var errFull = errors.New("the disk is full")

func (s *short) Write(p []byte) (int, error) {
	if s.random.IntN(4) > 0 {
		return s.handle.Write(p)
	}
	n, err := s.handle.Write(p[:s.random.IntN(len(p))])
	return n, errors.Join(err, errFull)
}

// Whatever is written together and cut off: a line whose caller was told that it is in
// the file is there once and whole, and no other is.
func TestLinesThatAreWrittenTogetherAreWholeOrNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	a, err := openAppender(path, false, pipeline.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.f = &short{a.f, rand.New(rand.NewPCG(1, 1))}
	var mu sync.Mutex
	want := map[string]bool{}
	var writers sync.WaitGroup
	for w := range 20 {
		writers.Go(func() {
			for n := range 200 {
				line := fmt.Sprintf("%d.%d with\ttext %s", w, n, strings.Repeat("x", n))
				if err := a.append([]byte(line + "\n")); err == nil {
					mu.Lock()
					want[line] = true
					mu.Unlock()
				} else if !errors.Is(err, errFull) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != len(want) {
		t.Errorf("%d lines are in the file, and %d callers were told so", len(lines), len(want))
	}
	for _, line := range lines {
		if !want[line] {
			t.Errorf("%q is in the file", line)
		}
		delete(want, line)
	}
}
