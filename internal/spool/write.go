package spool

import "errors"

// write is the goroutine that writes records. It ends with the spool, after
// everything that waits is written.
func (s *Spool) write() {
	defer close(s.written)
	for range s.wake {
		last := s.isClosed() // nothing is added after that
		for b := s.take(); b != nil; b = s.take() {
			err := s.writeBatch(b)
			s.mu.Lock()
			s.reserved -= b.size
			s.mu.Unlock()
			b.err = wrap("write to", s.folder, err)
			close(b.done)
			signal(s.more) // who waits for the end, which may be now
		}
		s.leaveSettled()
		if last {
			return
		}
	}
}

func (s *Spool) take() *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.batches) == 0 {
		return nil
	}
	b := s.batches[0]
	s.batches[0] = nil
	s.batches, b.taken = s.batches[1:], true
	return b
}

// writeBatch returns nil once a batch is durable. After an fsync that failed,
// nobody knows what became of the bytes, and the next fsync of the same file may
// report success without them. So the batch has failed and the file is left, as
// far as it had been durable before; what follows goes to a new one.
func (s *Spool) writeBatch(b *batch) error {
	g, err := s.segmentFor(b.size)
	if err != nil {
		return err
	}
	buf, next := s.encode(b, g)
	if next == g.end {
		return nil // all of it was dropped
	}
	if err := s.disk.write(s.active, buf, g.size); err != nil {
		if cut := s.disk.truncate(s.active, g.size); cut != nil {
			s.abandon(g, next)
			return errors.Join(err, cut)
		}
		return err
	}
	if err := s.disk.sync(s.active); err != nil {
		_ = s.disk.truncate(s.active, g.size)
		s.abandon(g, next)
		return err
	}
	s.mu.Lock()
	g.end, s.next = next, next
	g.size += int64(len(buf))
	s.bytes += int64(len(buf))
	s.mu.Unlock()
	signal(s.more)
	return nil
}

// encode returns a batch as it is in the file, and the number behind its last.
func (s *Spool) encode(b *batch, g *segment) (buf []byte, next uint64) {
	next = g.end
	seed, now := g.header.seed(), s.o.Now().UnixNano()
	buf = make([]byte, 0, b.size)
	for _, group := range b.groups {
		if group.dropped {
			continue
		}
		for _, r := range group.records {
			buf = appendRecord(buf, seed, next, now, r)
			next++
		}
	}
	return buf, next
}

// abandon leaves a file whose state is unknown behind what is durable in it. The
// numbers that may be there are not used again, and settled, since whoever appended
// them was told that they failed.
func (s *Spool) abandon(g *segment, next uint64) {
	s.o.Log.Warn("a file of the spool could not be written, the next one is begun", "file", g.path)
	s.mu.Lock()
	g.sealed = true
	failed := span{s.next, next - 1}
	s.settled.add(failed)
	s.next = next
	s.mu.Unlock()
	_ = s.marks.add(failed)
}
