package enrich

import (
	"context"
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
	keys         []key
	on           []string // their columns
	clock        pipeline.Clock
	log          *slog.Logger
	reloadErrors *pipeline.Counter

	table  atomic.Pointer[table]
	looked atomic.Int64 // when, in nanoseconds

	mu     sync.Mutex  // held by the event that looks; nobody waits for it
	seen   os.FileInfo // the version that was read last; nil to read again
	failed string      // what was reported last, to report it once
}

// openFile reads the file for the first time, and warns of rows that hide others.
func openFile(c Config, env *pipeline.Env) (place, error) {
	l, err := newLookup(c, env.Clock, env.Log)
	if err != nil {
		return nil, err
	}
	if odd := l.table.Load().repeated; odd != "" {
		env.Warn("lookup %s: %s; the last row counts", c.Lookup, odd)
	}
	l.reloadErrors = env.Counter("reload_errors")
	return l, nil
}

func newLookup(c Config, clock pipeline.Clock, log *slog.Logger) (*lookup, error) {
	l := &lookup{path: c.Lookup, keys: keysOf(c.On), clock: clock, log: log, reloadErrors: new(pipeline.Counter)}
	for _, k := range l.keys {
		l.on = append(l.on, k.column)
	}
	t, version, err := l.read()
	if err != nil {
		return nil, fmt.Errorf("lookup %s: %w", c.Lookup, err)
	}
	l.seen = version
	l.table.Store(t)
	l.looked.Store(clock.Now().UnixNano())
	return l, nil
}

// find returns the row of an event.
func (l *lookup) find(_ context.Context, e *pipeline.Event) (row []byte, found bool, err error) {
	var room [64]byte
	joined, ok, err := join(room[:0], l.keys, e)
	if err != nil || !ok {
		return nil, false, pipeline.Reject(err)
	}
	row, found = l.current().rows[string(joined)]
	return row, found, nil
}

func (l *lookup) missed(e *pipeline.Event) string {
	return l.path + " has no row for " + describe(l.keys, e)
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
