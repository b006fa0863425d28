package spool

import (
	"errors"
	"os"
	"sync"
	"time"
)

// marks is the file that says which records are settled; see marksformat.go for what
// is in it.
//
// It is written before Done returns, so that a killed process forgets nothing,
// but not brought to the disk before segments are removed: a power failure may have
// records come again. It is written anew, without what is no longer needed, when it
// has grown.
type marks struct {
	path    string
	disk    disk
	now     func() time.Time
	settled func() (spans []span, first uint64) // all of it

	mu      sync.Mutex // guards pending; may be taken while the spool's lock is held
	pending []span

	io     sync.Mutex // held while the file is used; guards what follows
	file   *os.File   // nil until one can be written, and after close
	closed bool
	seed   uint32
	size   int64 // of what was written whole
	failed failedMarks
}

// failedMarks is why the last attempt to write failed, and when the next one is made:
// after a second, or when twice as much waits.
type failedMarks struct {
	err   error // nil: it did not
	until time.Time
	spans int
}

const (
	markPause  = time.Second
	markGrowth = 2
)

// note has spans written with the next flush.
func (m *marks) note(spans ...span) {
	m.mu.Lock()
	m.pending = append(m.pending, spans...)
	m.mu.Unlock()
}

func (m *marks) add(spans ...span) error {
	m.note(spans...)
	return m.flush()
}

// flush writes what waits. Whoever comes first writes for all who wait. What
// could not be written is kept; the error is that of the last attempt.
func (m *marks) flush() error {
	m.io.Lock()
	defer m.io.Unlock()
	if f := m.failed; f.err != nil && m.waiting() < markGrowth*f.spans && m.now().Before(f.until) {
		return f.err
	}
	return m.tryFlush()
}

func (m *marks) tryFlush() error {
	spans := m.take()
	if len(spans) == 0 {
		return nil
	}
	err := m.write(spans)
	m.failed = failedMarks{err: err}
	if err != nil {
		m.giveBack(spans)
		m.failed.until, m.failed.spans = m.now().Add(markPause), m.waiting()
	}
	return err
}

func (m *marks) waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.pending)
}

func (m *marks) take() []span {
	m.mu.Lock()
	defer m.mu.Unlock()
	spans := m.pending
	m.pending = nil
	return spans
}

func (m *marks) giveBack(spans []span) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending = append(spans, m.pending...)
}

func (m *marks) write(spans []span) error {
	if m.closed {
		return ErrClosed
	}
	if m.file == nil {
		return m.replace()
	}
	b := encodeMarks(nil, m.seed, spans)
	if err := m.disk.write(m.file, b, m.size); err != nil {
		_ = m.disk.truncate(m.file, m.size)
		return err
	}
	m.size += int64(len(b))
	return nil
}

// sync brings what is noted to the disk.
func (m *marks) sync() error {
	m.io.Lock()
	defer m.io.Unlock()
	err := m.tryFlush()
	if m.file == nil {
		return err
	}
	return errors.Join(err, m.disk.sync(m.file))
}

// rewrite puts a new file in the place of the old one. It holds what is settled
// now, and so all that waits to be written.
func (m *marks) rewrite() error {
	m.io.Lock()
	defer m.io.Unlock()
	if m.closed {
		return ErrClosed
	}
	waited := m.take()
	err := m.replace()
	if err != nil {
		m.giveBack(waited)
	}
	return err
}

func (m *marks) replace() error {
	spans, first := m.settled()
	h := newHeader(kindSettled, first, m.now())
	b := encodeMarks(h.encode(), h.seed(), spans)
	f, err := m.disk.replaceFile(m.path, func(f *os.File) error { return m.disk.write(f, b, 0) })
	if err != nil {
		return err
	}
	if m.file != nil {
		_ = m.file.Close()
	}
	m.file, m.seed, m.size = f, h.seed(), int64(len(b))
	return nil
}

// adopt goes on with the file of the run before, where no new one can be written.
func (m *marks) adopt(found *found) {
	m.io.Lock()
	defer m.io.Unlock()
	if !found.whole {
		return
	}
	if f, err := os.OpenFile(m.path, os.O_RDWR, 0); err == nil {
		m.file, m.seed, m.size = f, found.marks.seed(), found.size
	}
}

func (m *marks) bytes() int64 {
	m.io.Lock()
	defer m.io.Unlock()
	return m.size
}

func (m *marks) close() error {
	m.io.Lock()
	defer m.io.Unlock()
	err := m.tryFlush()
	m.closed = true
	if m.file != nil {
		err = errors.Join(err, m.file.Close())
		m.file = nil
	}
	return err
}
