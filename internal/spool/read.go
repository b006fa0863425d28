package spool

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
)

// reader goes through the segments once. It belongs to the goroutine that calls
// Next.
type reader struct {
	segment *segment // nil between two segments
	file    *os.File
	scan    *scanner
	next    uint64 // the least number that it has not come past
}

// Next returns the next record that is neither settled nor was given out in this
// run, and waits for one if need be. The error is [io.EOF] behind the last one
// after [Spool.End], [ErrClosed], that of ctx, or what made a file unreadable;
// damaged bytes do not, see [Stats]. It is called by one goroutine at a time.
func (s *Spool) Next(ctx context.Context) (Record, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Record{}, err
		}
		r, found, err := s.tryNext()
		if found || err != nil {
			return r, wrap("read", s.folder, err)
		}
		end, err := s.atEnd()
		if end || err != nil {
			return r, err
		}
		if err := wait(ctx, s.more); err != nil {
			return r, err
		}
	}
}

// atEnd says whether waiting for another record makes no sense.
func (s *Spool) atEnd() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch last := s.segments[len(s.segments)-1]; {
	case s.closed:
		return true, ErrClosed
	case !s.ended || len(s.batches) > 0 || s.reserved > 0:
		return false, nil
	case s.reader.segment == last && s.reader.scan.off >= last.size, s.reader.segment == nil && last.passed:
		return true, io.EOF
	}
	signal(s.more)
	return false, nil
}

// tryNext returns a record if there is one.
func (s *Spool) tryNext() (Record, bool, error) {
	s.reading.Lock()
	defer s.reading.Unlock()
	for !s.isClosed() {
		g, limit, sealed, err := s.current()
		if g == nil || err != nil {
			return Record{}, false, err
		}
		h, data, ok, err := s.reader.scan.next(limit)
		if err != nil {
			return Record{}, false, fmt.Errorf("%s: %w", g.path, err)
		}
		switch {
		case ok && h.kind == kindSeal:
			s.reader.scan.off = limit
		case ok:
			if r, fresh := s.give(g, h, data); fresh {
				return r, true, nil
			}
		case sealed:
			s.leave(g)
		default:
			return Record{}, false, nil
		}
	}
	return Record{}, false, nil
}

// current returns the segment that is being read, and how far it may be, or
// opens the next one. It returns nil when there is none.
func (s *Spool) current() (g *segment, limit int64, sealed bool, err error) {
	if s.reader.segment == nil {
		if err := s.openNext(); err != nil || s.reader.segment == nil {
			return nil, 0, false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g = s.reader.segment
	return g, g.size, g.sealed, nil
}

func (s *Spool) openNext() error {
	s.mu.Lock()
	i := slices.IndexFunc(s.segments, func(g *segment) bool { return !g.passed })
	if i < 0 {
		s.mu.Unlock()
		return nil
	}
	g := s.segments[i]
	h := g.header
	s.mu.Unlock()
	f, err := os.Open(g.path)
	if err != nil {
		return err
	}
	lost := func(from, to int64) { s.damaged(g, f, from, to, false) }
	s.reader = reader{segment: g, file: f, scan: newScanner(f, h, lost), next: max(s.reader.next, g.first)}
	return nil
}

// give returns a record unless it is settled.
func (s *Spool) give(g *segment, h head, data []byte) (Record, bool) {
	s.mu.Lock()
	skipped := span{s.reader.next, h.number - 1}
	fresh := h.number >= s.reader.next && h.number < g.end && !s.settled.has(h.number)
	if fresh {
		s.given[h.number] = given{h.at(), h.size(), g}
		g.live += h.size()
	}
	if h.number >= s.reader.next && h.number < g.end {
		s.reader.next = h.number + 1
	} else {
		skipped.last = 0
	}
	s.mu.Unlock()
	if skipped.first <= skipped.last {
		s.lose(g, skipped)
	}
	if !fresh {
		return Record{}, false
	}
	return Record{h.number, h.at(), append(make([]byte, 0, len(data)), data...)}, true
}

// leave is called when the reader is through with a segment.
func (s *Spool) leave(g *segment) {
	if s.reader.next < g.end {
		s.lose(g, span{s.reader.next, g.end - 1})
	}
	_ = s.reader.close()
	s.reader = reader{next: max(s.reader.next, g.end)}
	s.mu.Lock()
	g.passed = true
	s.mu.Unlock()
	signal(s.sweepWake)
}

func (r *reader) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// lose settles what is not in its segment: it was damaged, or, where records may
// be missing and notes of it, it was settled.
func (s *Spool) lose(g *segment, missing span) {
	s.mu.Lock()
	certain := !g.sparse || !s.partial
	var gone []span
	s.settled.missing(missing.first, missing.last+1, func(m span) { gone = append(gone, m) })
	for _, m := range gone {
		s.settled.add(m)
		if certain {
			s.lost += m.size()
		}
	}
	s.mu.Unlock()
	for _, m := range gone {
		if certain {
			s.o.Log.Error("records of the spool are lost: their place is damaged", "file", g.path, "first", m.first, "last", m.last)
		}
	}
	if len(gone) > 0 {
		_ = s.marks.add(gone...)
	}
}
