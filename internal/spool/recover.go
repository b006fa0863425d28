package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// found is what is known of an earlier run besides its segments.
type found struct {
	marks  header // of the file of the marks, if whole
	size   int64  // of that file
	whole  bool   // the marks were read without damage, and have all notes
	first  uint64 // all numbers from this one on are settled or in segments, 0: unknown
	next   uint64 // no number from this one on was used in a segment that cannot be read
	before uint64 // numbers of durable records were below; segments say so
}

// recover finds out what an earlier run left, and begins a segment for this one.
// Only what was not sealed is read to its end; the rest is when its turn comes.
func (s *Spool) recover() error {
	firsts, err := s.list()
	if err != nil {
		return err
	}
	s.marks = &marks{path: filepath.Join(s.folder, settledName), disk: s.disk, now: s.o.Now, settled: s.settledNow}
	found, err := s.recoverMarks()
	if err != nil {
		return err
	}
	if found.first == 0 && len(firsts) > 0 {
		found.first = firsts[0]
	}
	for i, first := range firsts {
		next := follower{below: maxNumber}
		if i+1 < len(firsts) {
			next = s.followedBy(firsts[i+1])
		}
		if err := s.recoverSegment(first, next, found); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(s.pathOf(first)), err)
		}
	}
	return s.beginRun(found)
}

func (s *Spool) recoverMarks() (*found, error) {
	settled, h, size, damaged, err := readMarks(s.marks.path)
	if err != nil {
		return nil, err
	}
	s.settled = settled
	if damaged > 0 {
		s.reportMarks(damaged)
	}
	f := &found{marks: h, size: size, whole: damaged == 0 && h.kind == kindSettled && h.first > 0 && h.first < maxNumber}
	if f.whole {
		f.first = h.first
	}
	return f, nil
}

// settledNow returns what the marks have to say, and from which number on that is all.
func (s *Spool) settledNow() (spans []span, first uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spans = append(spans, s.settled.spans...)
	if s.partial {
		return spans, 0
	}
	return spans, s.segments[0].first
}

// follower is what the next segment says about the one before it.
type follower struct {
	below uint64 // the numbers of that one are
	until uint64 // it had all numbers up to, but without, this one; 0: unknown
}

func (s *Spool) followedBy(first uint64) follower {
	out := follower{below: first}
	f, err := os.Open(s.pathOf(first))
	if err != nil {
		return out
	}
	defer f.Close()
	if h, err := readHeader(f, kindSegment); err == nil && h.first == first && h.before <= first {
		out.until = h.before
	}
	return out
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
func (s *Spool) recoverSegment(first uint64, next follower, found *found) error {
	path := s.pathOf(first)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := readHeader(f, kindSegment)
	if errors.Is(err, errHeader) || err == nil && h.first != first {
		return s.setSegmentAside(f, first, found)
	}
	if err != nil {
		return err
	}
	s.healHeader(f, h)
	if h.before <= first {
		found.before = max(found.before, h.before)
	}
	g := &segment{path: path, first: first, end: first, header: h, created: h.created}
	if sealed, err := g.readSeal(f, next.below); err != nil {
		return err
	} else if !sealed {
		if err := s.readToEnd(g, f, next); err != nil {
			return err
		}
	}
	if g.end == g.first {
		found.next = max(found.next, first)
		return g.remove(s.o.Log)
	}
	s.segments = append(s.segments, g)
	s.bytes += g.size
	return nil
}

// readToEnd finds the end of a segment that was written to when its process
// ended, or whose end was cut off.
func (s *Spool) readToEnd(g *segment, f *os.File, next follower) error {
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
		if h.number >= g.end && h.number < next.below {
			g.end = h.number + 1
		}
	}
	cut := g.end < next.until
	for _, p := range bad {
		s.damaged(g, f, p.from, p.to, p.to == size && !cut)
	}
	g.size = last
	if g.end > g.first {
		g.end = max(g.end, next.until) // the reader finds what is missing
		s.finish(g, f)
	}
	return nil
}

// finish cuts off what is behind the last record that can be read, and seals the
// segment. One that cannot be written to is read as it is, and so is one whose damaged
// end is nowhere else.
func (s *Spool) finish(g *segment, f *os.File) {
	g.sealed = true
	if g.keep {
		return
	}
	err := s.disk.truncate(f, g.size)
	if err == nil {
		if err = s.seal(g, f); err == nil {
			g.size += headSize
			return
		}
		_ = s.disk.truncate(f, g.size)
	}
	s.o.Log.Warn("the last file of an earlier run could not be completed and is read as it is", "file", g.path, "error", err)
}
