package spool

import "errors"

// beginRun begins a segment behind all numbers that were ever used, as far as
// that is known: a note about one of them must not settle another record.
func (s *Spool) beginRun() error {
	s.next = 1
	if n := len(s.segments); n > 0 {
		s.next = s.segments[n-1].end
	}
	if n := len(s.settled.spans); n > 0 {
		s.next = max(s.next, s.settled.spans[n-1].last+1)
	}
	if s.next >= maxNumber {
		return errors.New("its numbers are used up, which cannot be: the files were made by something else; choose another folder")
	}
	g, f, err := s.beginSegment(s.next)
	if err != nil {
		return err
	}
	s.active, s.bytes = f, s.bytes+g.size
	s.segments = append(s.segments, g)
	s.settleGaps()
	if err := s.removeOld(); err != nil {
		_ = f.Close()
		return err
	}
	if err := s.marks.rewrite(s); err != nil {
		_ = f.Close()
		return err
	}
	return nil
}

// settleGaps settles the numbers between segments, which no record has, or none
// that could be read.
func (s *Spool) settleGaps() {
	for i, g := range s.segments[1:] {
		if before := s.segments[i]; before.end < g.first {
			s.countLost(before.end, g.first)
			s.settled.add(span{before.end, g.first - 1})
		}
	}
	s.settled.keep(s.segments[0].first, s.next)
}

// countLost counts what is not settled between two segments where a file was set
// aside.
func (s *Spool) countLost(first, end uint64) {
	for _, aside := range s.asides {
		if aside >= first && aside < end {
			s.settled.missing(aside, end, func(m span) { s.lost += m.size() })
			return
		}
	}
}

// removeOld removes what was settled when an earlier run ended.
func (s *Spool) removeOld() error {
	for _, g := range s.segments[:len(s.segments)-1] {
		g.passed = s.settled.covers(g.first, g.end)
	}
	return s.removeSettled()
}
