package spool

import (
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
