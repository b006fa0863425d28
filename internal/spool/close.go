package spool

import "errors"

// Close ends the use of the spool and unlocks it, after what waits for the disk
// has been written. What is not settled stays.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	signal(s.wake)
	signal(s.more)
	<-s.written
	signal(s.sweepWake)
	<-s.swept
	s.reading.Lock()
	defer s.reading.Unlock()
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	err := errors.Join(s.closeActive(), s.reader.close(), s.removeOld(), s.removeIfEmpty(), s.marks.close())
	return wrap("close", s.folder, errors.Join(err, s.lock.Close()))
}

func (s *Spool) closeActive() error {
	if s.active == nil {
		return nil
	}
	return s.active.Close()
}

// removeIfEmpty leaves no file behind in which nothing waits, see [Waits].
func (s *Spool) removeIfEmpty() error {
	s.mu.Lock()
	first := s.segments[0]
	empty := len(s.segments) == 1 && s.settled.covers(first.first, s.next)
	s.mu.Unlock()
	if !empty {
		return nil
	}
	return first.remove(s.o.Log)
}

func (s *Spool) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
