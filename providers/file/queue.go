package file

import "sync"

// queue is the lines of a file that come while others are written. They go into the file
// with one call afterwards, and with one fsync.
type queue struct {
	mu    sync.Mutex
	lines batch
	spare batch // empty ones, while somebody writes
	busy  bool  // somebody writes, or is about to
}

// batch is whole lines behind each other, and whose they are.
type batch struct {
	text   []byte
	ends   []int // of each in text
	owners []owner
}

// owner is told what became of a line: with nil it is in the file, and with fsync on the
// disk.
type owner interface{ Settle(err error) }

// caller is an owner that waits.
type caller chan error

// Settle implements [owner].
func (c caller) Settle(err error) { c <- err }

// append writes a line, which ends with a line break, and returns when it is written.
func (a *appender) append(line []byte) error {
	c := make(caller, 1)
	a.add(line, c)
	return <-c
}

// add has a line written, and keeps nothing of it.
func (a *appender) add(line []byte, o owner) {
	if a.queue.add(line, o) {
		go a.write()
	}
}

// add returns true when nobody writes: it is up to the caller to see to it.
func (q *queue) add(line []byte, o owner) (first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines.text = append(q.lines.text, line...)
	q.lines.ends = append(q.lines.ends, len(q.lines.text))
	q.lines.owners = append(q.lines.owners, o)
	first = !q.busy
	q.busy = true
	return first
}

// take returns the lines that have come, until [queue.done]; false: there are none, and
// nobody writes any longer.
func (q *queue) take() (l batch, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy = len(q.lines.owners) > 0; !q.busy {
		return batch{}, false
	}
	l, q.lines, q.spare = q.lines, q.spare, batch{}
	return l, true
}

// done gives back what take returned.
func (q *queue) done(l batch) {
	clear(l.owners)
	l.text, l.ends, l.owners = l.text[:0], l.ends[:0], l.owners[:0]
	if cap(l.text) > mostKept {
		l.text = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = l
}

// mostKept is how much memory an idle queue keeps.
const mostKept = 1 << 20
