package pipeline

import (
	"context"
	"errors"

	"github.com/leat-io/leat/internal/spool"
)

// storeAll brings what was taken to the disk, in the order of the source, and
// then acknowledges it. What comes while an fsync runs shares the next one.
func (s *spooled) storeAll(ctx context.Context) {
	defer s.disk.End()
	for items := s.queue.takeAll(); len(items) > 0; items = s.queue.takeAll() {
		for len(items) > 0 {
			items = items[s.store(ctx, items):]
		}
	}
}

// store stores some of the items, or hands some back, and returns how many it
// has dealt with.
func (s *spooled) store(ctx context.Context, items []*incoming) int {
	first := items[0]
	if first.back || first.message == s.gone {
		s.handBack(items[:1])
		return 1
	}
	if s.inner.Push && s.trouble.resting() {
		s.handBack(items)
		return len(items)
	}
	n, records := s.fitting(items)
	if n == 0 {
		return s.full(ctx, items)
	}
	err := s.disk.Append(context.WithoutCancel(ctx), records...)
	switch {
	case err == nil:
		s.trouble.over()
		acknowledge(items[:n])
		return n
	case errors.Is(err, spool.ErrFull):
		return 0 // nobody else appends, so that this ends
	}
	rest := s.trouble.failed(err)
	if s.inner.Push || !Sleep(ctx, s.clock, rest, nil) {
		s.handBack(items)
		return len(items)
	}
	return 0
}

// fitting returns how many of the items fit into the spool now, and their records.
func (s *spooled) fitting(items []*incoming) (n int, records [][]byte) {
	room := s.disk.Room()
	for _, item := range items {
		if room -= item.size; room < 0 || item.back {
			break
		}
		records = append(records, item.records...)
		n++
	}
	return n, records
}

// full waits until there is more room, or hands the first item back to a source
// that can be refused.
func (s *spooled) full(ctx context.Context, items []*incoming) int {
	s.trouble.full()
	if s.inner.Push {
		s.handBack(items[:1])
		return 1
	}
	select {
	case <-s.disk.Freed():
		return 0
	case <-ctx.Done():
		s.handBack(items)
		return len(items)
	}
}

// acknowledge settles what is durable. Of a tray that has further parts it tells
// that of each event, so that only the others go back should the flow stop first.
func acknowledge(items []*incoming) {
	for _, item := range items {
		if item.last {
			item.message.Ack()
			continue
		}
		if item.tell == nil {
			continue
		}
		for _, i := range item.indexes {
			item.tell(i, nil)
		}
	}
}

// handBack returns what is left of the items' messages, with the parts that may
// follow.
func (s *spooled) handBack(items []*incoming) {
	for _, item := range items {
		item.message.Nack()
		s.gone = item.message
	}
}
