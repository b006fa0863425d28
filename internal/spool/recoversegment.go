package spool

import (
	"errors"
	"os"
)

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
