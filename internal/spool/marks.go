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
)

// marks is the file that says which records are settled. Behind its header it
// is a list of spans of numbers:
//
//	0   8  the first number
//	8   8  the last number
//	16  4  checksum
//
// It is written before Done returns, so that a killed process forgets nothing,
// but not brought to the disk: a power failure may have records come again. It
// is written anew, without what is no longer needed, when it has grown.
type marks struct {
	path string
	disk disk

	mu      sync.Mutex // guards pending
	pending []span

	io   sync.Mutex // held while the file is used; guards what follows
	file *os.File
	seed uint32
	size int64 // of what was written whole
}

const markSize = 20

func (m *marks) add(spans ...span) error {
	m.mu.Lock()
	m.pending = append(m.pending, spans...)
	m.mu.Unlock()
	return m.flush()
}

// flush writes what waits. Whoever comes first writes for all who wait. What
// could not be written is kept for the next time.
func (m *marks) flush() error {
	m.io.Lock()
	defer m.io.Unlock()
	m.mu.Lock()
	spans := m.pending
	m.pending = nil
	m.mu.Unlock()
	if len(spans) == 0 {
		return nil
	}
	err := m.write(spans)
	if err != nil {
		m.mu.Lock()
		m.pending = append(spans, m.pending...)
		m.mu.Unlock()
	}
	return err
}

func (m *marks) write(spans []span) error {
	if m.file == nil {
		return ErrClosed
	}
	b := encodeMarks(nil, m.seed, spans)
	if err := m.disk.write(m.file, b, m.size); err != nil {
		_ = m.disk.truncate(m.file, m.size)
		return err
	}
	m.size += int64(len(b))
	return nil
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
func readMarks(path string) (settled ranges, damaged int, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return settled, 0, nil
	}
	if err != nil {
		return settled, 0, err
	}
	h, err := decodeHeader(b, kindSettled)
	if errors.Is(err, errHeader) {
		return settled, 1 + len(b)/markSize, nil
	}
	if err != nil {
		return settled, 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	var spans []span
	for b = b[min(len(b), headerSize):]; len(b) >= markSize; b = b[markSize:] {
		s := span{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		if binary.LittleEndian.Uint32(b[16:]) != crc32.Update(h.seed(), castagnoli, b[:16]) ||
			s.first == 0 || s.first > s.last || s.last > maxNumber {
			damaged++
			continue
		}
		spans = append(spans, s)
	}
	if len(b) > 0 {
		damaged++
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for _, s := range spans {
		settled.add(s)
	}
	return settled, damaged, nil
}

// rewrite puts a new file in the place of the old one. It holds what is settled
// now, and so all that waits to be written.
func (m *marks) rewrite(s *Spool) error {
	m.io.Lock()
	defer m.io.Unlock()
	s.mu.Lock()
	spans := append([]span(nil), s.settled.spans...)
	s.mu.Unlock()
	h := newHeader(kindSettled, 0, s.o.Now())
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

func (m *marks) bytes() int64 {
	m.io.Lock()
	defer m.io.Unlock()
	return m.size
}

func (m *marks) close() error {
	err := m.flush()
	m.io.Lock()
	defer m.io.Unlock()
	err = errors.Join(err, m.file.Close())
	m.file = nil
	return err
}
