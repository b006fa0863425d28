package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
)

// sweep is the goroutine that removes what is settled. It ends with the spool.
func (s *Spool) sweep() {
	defer close(s.swept)
	for range s.sweepWake {
		last := s.isClosed()
		s.sweepOnce(!last)
		if last {
			return
		}
	}
}

// sweepOnce also makes segments smaller if there is time for it.
func (s *Spool) sweepOnce(shrink bool) {
	if err := s.removeSettled(); err != nil {
		s.o.Log.Warn("settled records of the spool could not be removed, that is tried again", "error", err)
	}
	for g := s.toShrink(); g != nil && shrink; g = s.toShrink() {
		if err := s.shrink(g); err != nil {
			s.mu.Lock()
			g.stuck = true
			s.mu.Unlock()
			s.o.Log.Warn("a file of the spool could not be made smaller", "file", g.path, "error", err)
		}
	}
	if s.marksAreLarge() {
		if err := s.marks.rewrite(); err != nil {
			s.o.Log.Warn("the notes on what is settled could not be made smaller", "error", err)
		}
	}
}

// removeSettled deletes segments that are wholly settled. The notes that they are
// come to the disk before and go only after the names of the files are gone for good:
// a file without a note is one that was lost. A disk that takes no notes keeps no file
// from being removed, since that may make room.
func (s *Spool) removeSettled() error {
	s.mu.Lock()
	var gone []*segment
	for _, g := range s.segments[:len(s.segments)-1] {
		if s.removable(g) {
			gone = append(gone, g)
		}
	}
	s.mu.Unlock()
	if len(gone) == 0 {
		return nil
	}
	_ = s.marks.sync() // whoever settles is told
	var errs []error
	removed := gone[:0]
	for _, g := range gone {
		if err := g.remove(s.o.Log); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, g)
	}
	errs = append(errs, syncFolder(s.folder))
	s.forget(removed)
	signal(s.freed)
	return errors.Join(errs...)
}

func (g *segment) remove(log *slog.Logger) error {
	if g.keep {
		aside := freeName(g.path + ".damaged")
		if err := os.Rename(g.path, aside); err != nil {
			return err
		}
		log.Warn("a file of the spool with damaged bytes is no longer needed and was set aside", "file", g.path, "aside", aside)
		return nil
	}
	err := os.Remove(g.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Spool) forget(gone []*segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments = slices.DeleteFunc(s.segments, func(g *segment) bool { return slices.Contains(gone, g) })
	for _, g := range gone {
		s.bytes -= g.size
	}
	s.settled.keep(s.segments[0].first, s.next)
}

func (s *Spool) toShrink() *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.segments[:len(s.segments)-1] {
		if s.shrinkable(g) && !s.removable(g) {
			return g
		}
	}
	return nil
}

var errMissing = errors.New("a record that is needed cannot be read")

// shrink puts a copy with only those records in the place of a segment that are
// not settled. They keep their numbers, and so their order. The notes on the others
// come to the disk before.
func (s *Spool) shrink(g *segment) error {
	if err := s.marks.sync(); err != nil {
		return err
	}
	from, err := os.Open(g.path)
	if err != nil {
		return err
	}
	defer from.Close()
	h := newHeader(kindSegment, g.first, g.created)
	h.before = g.header.before
	size := int64(0)
	f, err := s.disk.replaceFile(g.path, func(to *os.File) (err error) {
		size, err = s.copyUnsettled(g, from, to, h)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(g.path), err)
	}
	s.mu.Lock()
	s.bytes += size - g.size
	g.size, g.header, g.sparse = size, h, true
	s.mu.Unlock()
	signal(s.freed)
	return errors.Join(f.Close(), syncFolder(s.folder))
}

// copyUnsettled returns how many bytes it wrote. A record that is needed and
// cannot be read keeps the segment as it is.
func (s *Spool) copyUnsettled(g *segment, from, to *os.File, h header) (int64, error) {
	scan := newScanner(from, g.header, func(int64, int64) {})
	buf, at, next := h.encode(), int64(0), g.first
	for {
		r, data, ok, err := scan.next(g.size)
		if err != nil {
			return 0, err
		}
		if !ok || r.kind == kindSeal {
			break
		}
		if r.number < next || r.number >= g.end {
			continue
		}
		if !s.areSettled(next, r.number) {
			return 0, errMissing
		}
		next = r.number + 1
		if s.areSettled(r.number, next) {
			continue
		}
		if buf = appendRecord(buf, h.seed(), r.number, r.time, data); len(buf) < readAhead {
			continue
		}
		if err := s.disk.write(to, buf, at); err != nil {
			return 0, err
		}
		at, buf = at+int64(len(buf)), buf[:0]
	}
	if !s.areSettled(next, g.end) {
		return 0, errMissing
	}
	buf = appendSeal(buf, h.seed(), g.end, sealSparse)
	return at + int64(len(buf)), s.disk.write(to, buf, at)
}

func (s *Spool) areSettled(first, end uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settled.covers(first, end)
}

// marksAreLarge reports whether the file of the marks is several times larger
// than it has to be.
func (s *Spool) marksAreLarge() bool {
	const small = 1 << 20
	size := s.marks.bytes()
	s.mu.Lock()
	defer s.mu.Unlock()
	return size > small && size > 4*markSize*int64(len(s.settled.spans))
}
