package spool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// marks is the file that says which records are settled. Behind its header it
// is a list of spans of numbers:
//
//	0   8  the first number
//	8   8  the last number
//	16  4  checksum
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
	markSize   = 20
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

// encodeMarks joins spans that follow one another.
func encodeMarks(b []byte, seed uint32, spans []span) []byte {
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].first == s.last+1; i++ {
			s.last = spans[i].last
		}
		at := len(b)
		b = binary.LittleEndian.AppendUint64(b, s.first)
		b = binary.LittleEndian.AppendUint64(b, s.last)
		b = binary.LittleEndian.AppendUint32(b, crc32.Update(seed, castagnoli, b[at:]))
	}
	return b
}

// readMarks returns what the file says, without the entries that are damaged,
// whose number it returns too. What is not said is not settled: then records
// come again, and none is lost.
func readMarks(path string) (settled ranges, h header, size int64, damaged int, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return settled, h, 0, 0, nil
	}
	if err != nil {
		return settled, h, 0, 0, err
	}
	size = int64(len(b))
	h, err = decodeHeader(b, kindSettled)
	if errors.Is(err, errHeader) {
		return settled, h, size, 1 + len(b)/markSize, nil
	}
	if err != nil {
		return settled, h, size, 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	spans, damaged := decodeMarks(b[min(len(b), headerSize):], h.seed())
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for _, s := range spans {
		settled.add(s)
	}
	return settled, h, size, damaged, nil
}

func decodeMarks(b []byte, seed uint32) (spans []span, damaged int) {
	for ; len(b) >= markSize; b = b[markSize:] {
		s := span{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		if binary.LittleEndian.Uint32(b[16:]) != crc32.Update(seed, castagnoli, b[:16]) ||
			s.first == 0 || s.first > s.last || s.last > maxNumber {
			damaged++
			continue
		}
		spans = append(spans, s)
	}
	if len(b) > 0 {
		damaged++
	}
	return spans, damaged
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
