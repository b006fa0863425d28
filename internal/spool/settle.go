package spool

// Done settles a record that [Spool.Next] gave: it does not come again. An error
// means that this could not be written down yet; it is tried again with one of the
// next records, and only if the process ends before does the record come again. A
// number that was not given out, or is settled, is ignored. Once [Spool.Close] has
// begun to remove files the error is [ErrClosed], and the record will come again.
func (s *Spool) Done(number uint64) error {
	s.mu.Lock()
	g, ok := s.given[number]
	if !ok {
		s.mu.Unlock()
		return nil
	}
	if s.over {
		s.mu.Unlock()
		return ErrClosed
	}
	delete(s.given, number)
	s.settled.add(span{number, number})
	s.marks.note(span{number, number})
	g.segment.live -= g.size
	sweep := s.removable(g.segment) || s.shrinkable(g.segment)
	leave := s.lastIsSettled()
	s.mu.Unlock()
	if leave {
		signal(s.wake)
	}
	if sweep {
		signal(s.sweepWake)
	}
	return wrap("note what is settled in", s.folder, s.marks.flush())
}

// removable reports whether a segment can be deleted.
func (s *Spool) removable(g *segment) bool {
	return g.sealed && g.passed && s.settled.covers(g.first, g.end)
}

// shrinkable reports whether it pays to copy what is left of a segment: that
// is less than a quarter, so that nothing is copied more often than it takes to
// make it four times smaller.
func (s *Spool) shrinkable(g *segment) bool {
	const notWorth = 64 << 10
	return g.sealed && g.passed && !g.stuck && !g.keep && g.size > notWorth && g.live < g.size/4
}
