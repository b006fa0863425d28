package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recover finds out what an earlier run left, and begins a segment for this one.
// Only what was not sealed is read to its end; the rest is when its turn comes.
func (s *Spool) recover() error {
	firsts, err := s.list()
	if err != nil {
		return err
	}
	settled, damagedMarks, err := readMarks(filepath.Join(s.folder, settledName))
	if err != nil {
		return err
	}
	s.settled = settled
	for i, first := range firsts {
		below := uint64(maxNumber)
		if i+1 < len(firsts) {
			below = firsts[i+1]
		}
		if err := s.recoverSegment(first, below); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(s.pathOf(first)), err)
		}
	}
	s.marks = &marks{path: filepath.Join(s.folder, settledName), disk: s.disk}
	if damagedMarks > 0 {
		s.reportMarks(damagedMarks)
	}
	return s.beginRun()
}

const settledName = "settled"

// list returns the numbers that segments begin with, in order, and removes files
// that were not finished.
func (s *Spool) list() (firsts []uint64, err error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".tmp") {
			_ = os.Remove(filepath.Join(s.folder, e.Name()))
		}
		if first, ok := numberIn(e.Name()); ok {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	return firsts, nil
}

// recoverSegment adds a segment to the spool, if anything in it can be read.
func (s *Spool) recoverSegment(first, below uint64) error {
	path := s.pathOf(first)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := readHeader(f, kindSegment)
	if errors.Is(err, errHeader) || err == nil && h.first != first {
		return s.setSegmentAside(f, path, first)
	}
	if err != nil {
		return err
	}
	s.healHeader(f, h)
	g := &segment{path: path, first: first, end: first, header: h, created: h.created}
	if sealed, err := g.readSeal(f, below); err != nil {
		return err
	} else if !sealed {
		if err := s.readToEnd(g, f, below); err != nil {
			return err
		}
	}
	if g.end == g.first {
		return g.remove()
	}
	s.segments = append(s.segments, g)
	s.bytes += g.size
	return nil
}

// readToEnd finds the end of a segment that was written to when its process
// ended, cuts off what is behind the last record that can be read, and seals it.
// Until it is on the disk for good none of it may be given out.
func (s *Spool) readToEnd(g *segment, f *os.File, below uint64) error {
	type part struct{ from, to int64 }
	var bad []part
	scan := newScanner(f, g.header, func(from, to int64) { bad = append(bad, part{from, to}) })
	size, last := g.size, min(g.size, headerSize)
	for {
		h, _, ok, err := scan.next(size)
		if err != nil {
			return err
		}
		if ok && h.kind == kindSeal && scan.off < size {
			bad = append(bad, part{scan.off, size})
		}
		if !ok || h.kind == kindSeal {
			break
		}
		last = scan.off
		if h.number >= g.end && h.number < below {
			g.end = h.number + 1
		}
	}
	for _, p := range bad {
		s.damaged(g, f, p.from, p.to, p.to == size)
	}
	if g.size = last; g.end == g.first {
		return nil
	}
	if err := s.disk.truncate(f, last); err != nil {
		return err
	}
	if err := s.seal(g, f); err != nil {
		return err
	}
	g.size, g.sealed = g.size+headSize, true
	return nil
}
