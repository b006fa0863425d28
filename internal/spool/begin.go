package spool

import "errors"

// beginRun begins a segment behind all numbers that were ever used, as far as
// that is known: a note about one of them must not settle another record. A disk
// that takes nothing does not keep what is there from being read: a segment is
// begun when something is appended, and the marks when they can be.
func (s *Spool) beginRun(found *found) error {
	s.next = max(1, found.first, found.next)
	before := max(found.first, found.before)
	if n := len(s.segments); n > 0 {
		before = max(before, s.segments[n-1].end)
	}
	s.next = max(s.next, before)
	if n := len(s.settled.spans); n > 0 {
		s.next = max(s.next, s.settled.spans[n-1].last+1)
	}
	if s.next >= maxNumber {
		return errors.New("its numbers are used up, which cannot be: the files were made by something else; choose another folder")
	}
	s.partial = !found.whole && len(s.segments) > 0
	g, f, err := s.beginSegment(s.next, before)
	if err != nil {
		s.o.Log.Error("no file could be begun in the spool: until one can be, it takes nothing and gives out what it has", "error", err)
		g = s.noSegment(s.next, before)
	}
	s.active, s.bytes = f, s.bytes+g.size
	s.segments = append(s.segments, g)
	s.settleGaps(found)
	if err := s.removeOld(); err != nil {
		s.o.Log.Warn("settled records of the spool could not be removed, that is tried again", "error", err)
	}
	if err := s.marks.rewrite(); err != nil {
		s.o.Log.Warn("the notes on what is settled could not be made smaller", "error", err)
		s.marks.adopt(found)
	}
	return nil
}

// settleGaps settles the numbers between segments, which no record has, or none
// that could be read.
func (s *Spool) settleGaps(found *found) {
	at := found.first
	if at == 0 {
		at = s.segments[0].first
	}
	for _, g := range s.segments {
		if at < g.first {
			if found.whole {
				s.countLost(at, min(g.first, g.header.before))
			}
			s.settled.add(span{at, g.first - 1})
		}
		at = max(at, g.end)
	}
	s.settled.keep(s.segments[0].first, s.next)
}

// countLost counts what is neither settled nor in a segment.
func (s *Spool) countLost(first, end uint64) {
	s.settled.missing(first, end, func(m span) {
		s.lost += m.size()
		s.o.Log.Error("records of the spool are lost: their file is damaged or gone", "first", m.first, "last", m.last)
	})
}

// removeOld removes what was settled when an earlier run ended.
func (s *Spool) removeOld() error {
	s.mu.Lock()
	for _, g := range s.segments[:len(s.segments)-1] {
		g.passed = s.settled.covers(g.first, g.end)
	}
	s.mu.Unlock()
	return s.removeSettled()
}
