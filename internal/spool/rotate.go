package spool

import "os"

// segmentFor returns the segment that takes the next n bytes.
func (s *Spool) segmentFor(n int64) (*segment, error) {
	s.mu.Lock()
	g, next := s.segments[len(s.segments)-1], s.next
	before := g.durableEnd()
	s.mu.Unlock()
	if !g.sealed && (g.size+n <= s.o.SegmentBytes || g.end == g.first) {
		return g, nil
	}
	if !g.sealed {
		s.closeSegment(g)
	}
	fresh, f, err := s.beginSegment(next, before)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	old, empty := s.active, g.end == g.first // empty: it was abandoned, or could not be begun
	s.active = f
	if empty {
		s.segments, s.bytes = s.segments[:len(s.segments)-1], s.bytes-g.size
	}
	s.segments = append(s.segments, fresh)
	s.settled.keep(s.segments[0].first, s.next)
	s.bytes += fresh.size
	s.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
	if empty && g.path != fresh.path {
		_ = os.Remove(g.path)
	}
	signal(s.more)
	signal(s.sweepWake)
	return fresh, nil
}

// leaveSettled begins a new file when all of the last one is settled and it takes
// up room that others may wait for: only then can it be removed.
func (s *Spool) leaveSettled() {
	s.mu.Lock()
	leave := s.lastIsSettled() && !s.closed
	s.mu.Unlock()
	if !leave {
		return
	}
	if _, err := s.segmentFor(s.o.SegmentBytes); err != nil {
		s.o.Log.Warn("no new file could be begun in the spool", "error", err)
	}
}

// lastIsSettled reports whether it pays to leave the last file.
func (s *Spool) lastIsSettled() bool {
	g := s.segments[len(s.segments)-1]
	return g.size > s.o.SegmentBytes/2 && g.end > g.first && s.settled.covers(g.first, g.end)
}

// closeSegment seals the file that is full. One that cannot be sealed is read to
// its end when the spool is opened, to find out what is in it.
func (s *Spool) closeSegment(g *segment) {
	sealed := s.seal(g, s.active) == nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if sealed {
		g.size += headSize
		s.bytes += headSize
	}
	g.sealed = true
}
