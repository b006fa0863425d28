package enrich

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// interval is how often the file is looked at, at most.
const interval = time.Second

// lookup is a file whose latest readable content is at hand.
type lookup struct {
	path         string
	on           []string
	clock        pipeline.Clock
	log          *slog.Logger
	reloadErrors *pipeline.Counter

	table  atomic.Pointer[table]
	looked atomic.Int64 // when, in nanoseconds

	mu     sync.Mutex  // held by the event that looks; nobody waits for it
	seen   os.FileInfo // the version that was read last; nil to read again
	failed string      // what was reported last, to report it once
}

// open reads the file for the first time.
func open(path string, keys []key, clock pipeline.Clock, log *slog.Logger) (*lookup, error) {
	l := &lookup{path: path, clock: clock, log: log, reloadErrors: new(pipeline.Counter)}
	for _, k := range keys {
		l.on = append(l.on, k.column)
	}
	t, version, err := l.read()
	if err != nil {
		return nil, fmt.Errorf("lookup %s: %w", path, err)
	}
	l.seen = version
	l.table.Store(t)
	l.looked.Store(clock.Now().UnixNano())
	return l, nil
}

// current returns the table. One event per second looks whether the file has
// changed, and reads it; the others take the table that is there.
func (l *lookup) current() *table {
	now, last := l.clock.Now().UnixNano(), l.looked.Load()
	if now-last >= int64(interval) && l.looked.CompareAndSwap(last, now) && l.mu.TryLock() {
		defer l.mu.Unlock()
		l.refresh()
	}
	return l.table.Load()
}

// refresh reads the file if it has changed. The caller holds mu.
func (l *lookup) refresh() {
	version, err := os.Stat(l.path)
	if err != nil {
		l.report(bare(err), nil)
		return
	}
	if same(version, l.seen) {
		l.failed = ""
		return
	}
	t, version, err := l.read()
	l.seen = version
	if err != nil {
		l.report(err, version)
		return
	}
	l.replace(t)
}

func (l *lookup) replace(t *table) {
	l.table.Store(t)
	l.failed = ""
	l.log.Info("lookup file read again", "file", l.path, "rows", len(t.rows))
	if t.repeated != "" {
		l.log.Warn("lookup file: "+t.repeated+"; the last row counts", "file", l.path)
	}
}

// report counts and logs why the file cannot be read, once for each reason and
// version.
func (l *lookup) report(err error, version os.FileInfo) {
	why := err.Error()
	if version != nil {
		why += version.ModTime().String()
	}
	if why == l.failed {
		return
	}
	l.failed = why
	l.reloadErrors.Inc()
	l.log.Error("lookup file cannot be read again: what it held before still serves", "file", l.path, "error", err)
}

func same(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
