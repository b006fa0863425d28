package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// disk is a file whose fsyncs begin and end when the test says so.
type disk struct {
	*os.File
	begun chan struct{}
	end   chan error
}

func (d *disk) Sync() error {
	d.begun <- struct{}{}
	return <-d.end
}

// openDisk opens a sink with fsync on such a file.
func openDisk(t *testing.T) (*opened, *appender, *disk) {
	o := open(t, SinkConfig{Path: filepath.Join(t.TempDir(), "out"), Fsync: fsyncAlways})
	a, err := o.files.get(o.config.Path)
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{a.f.(*os.File), make(chan struct{}), make(chan error)}
	a.f = d
	return o, a, d
}

// written collects what became of events that are written in the background.
type written struct {
	mu   sync.Mutex
	errs []error
}

func (w *written) deliver(o *opened, bodies ...string) {
	for _, body := range bodies {
		go func() {
			err := o.deliver(context.Background(), pipeline.NewEvent("", []byte(body)))
			w.mu.Lock()
			defer w.mu.Unlock()
			w.errs = append(w.errs, err)
		}()
	}
	synctest.Wait()
}

func (w *written) count(t *testing.T, n int) {
	t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.errs) != n {
		t.Errorf("%d events are settled or failed, want %d", len(w.errs), n)
	}
}

func TestEventsThatComeDuringAnFsyncShareTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, d := openDisk(t)
		first, rest := &written{}, &written{}
		first.deliver(o, "1")
		<-d.begun
		rest.deliver(o, "2", "3", "4", "5", "6")
		first.count(t, 0)
		d.end <- nil
		<-d.begun
		first.count(t, 1)
		rest.count(t, 0)
		lines := strings.Fields(content(t, o.config.Path))
		slices.Sort(lines)
		want(t, lines, "1", "2", "3", "4", "5", "6")
		d.end <- nil
		rest.count(t, 5) // with one fsync: another would hang
		for _, err := range append(first.errs, rest.errs...) {
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestFailedFsyncFailsAllThatShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, d := openDisk(t)
		broken := errors.New("disk is broken")
		first, rest := &written{}, &written{}
		first.deliver(o, "1")
		<-d.begun
		rest.deliver(o, "2", "3", "4")
		d.end <- nil
		<-d.begun
		d.end <- broken
		rest.count(t, 3)
		for _, err := range rest.errs {
			if !errors.Is(err, broken) || pipeline.Rejected(err) {
				t.Error(err)
			}
		}
		if first.errs[0] != nil {
			t.Error("the fsync before had succeeded:", first.errs[0])
		}
	})
}

// What comes while a file is brought to the disk that was renamed goes into the one that
// takes its place.
func TestFsyncOfAFileThatWasRenamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, a, d := openDisk(t)
		before, after := &written{}, &written{}
		before.deliver(o, "1")
		<-d.begun
		if err := os.Rename(o.config.Path, o.config.Path+".1"); err != nil {
			t.Fatal(err)
		}
		o.clock.advance(time.Second)
		after.deliver(o, "2")
		d.end <- nil
		before.count(t, 1)
		after.count(t, 1)
		for _, err := range append(before.errs, after.errs...) {
			if err != nil {
				t.Error(err)
			}
		}
		if a.f == d {
			t.Error("the renamed file is still written to")
		}
		wantFile(t, o.config.Path+".1", "1\n")
		wantFile(t, o.config.Path, "2\n")
	})
}
