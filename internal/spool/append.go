package spool

import (
	"context"
	"fmt"
)

// maxBatch is how many bytes are written at once, if a single call does not
// bring more.
const maxBatch = 4 << 20

// batch is what one write and one fsync make durable.
type batch struct {
	groups []*group
	size   int64
	taken  bool          // it is being written; guarded by the spool's lock
	done   chan struct{} // closed when it is durable or has failed
	err    error         // set before
}

// group is the records of one call.
type group struct {
	records [][]byte
	size    int64
	dropped bool // the caller waits no longer
}

// Append adds records, and returns nil once all of them are durable. Otherwise
// none of them is promised: the caller still has them, though some may be given
// out nevertheless. Calls that wait at the same time share one fsync. The
// caller must not change the records before Append returns.
//
// The error is [ErrFull] when they do not fit, [ErrTooLarge] when one of them
// never will, or what the disk said; the spool can be used on after each.
func (s *Spool) Append(ctx context.Context, records ...[]byte) error {
	g := &group{records: records}
	for _, r := range records {
		if int64(len(r)) > s.o.MaxRecord {
			return fmt.Errorf("%w: %d bytes, at most %d are possible", ErrTooLarge, len(r), s.o.MaxRecord)
		}
		g.size += headSize + int64(len(r))
	}
	b, err := s.join(g)
	if err != nil {
		return err
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
	}
	if s.drop(b, g) {
		return ctx.Err()
	}
	<-b.done
	return b.err
}

// join puts a group into the last batch that has room.
func (s *Spool) join(g *group) (*batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed || s.ended:
		return nil, ErrClosed
	case s.o.MaxBytes > 0 && s.bytes+s.reserved+g.size > s.o.MaxBytes:
		return nil, ErrFull
	}
	n := len(s.batches)
	if n == 0 || s.batches[n-1].size+g.size > maxBatch {
		s.batches = append(s.batches, &batch{done: make(chan struct{})})
		n++
	}
	b := s.batches[n-1]
	b.groups, b.size = append(b.groups, g), b.size+g.size
	s.reserved += g.size
	signal(s.wake)
	return b, nil
}

// drop takes a group back, unless it is being written.
func (s *Spool) drop(b *batch, g *group) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.taken {
		return false
	}
	g.dropped = true
	b.size -= g.size
	s.reserved -= g.size
	return true
}
