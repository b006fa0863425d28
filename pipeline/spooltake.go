package pipeline

import (
	"context"
	"errors"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/spool"
)

// incoming is a message of the source, or a part of a large one, on its way to
// the disk.
type incoming struct {
	message *message.Message
	records [][]byte
	size    int64
	last    bool // it may be acknowledged after this part
}

// takeAll takes messages from the source until it ends. After ctx has ended they
// are handed back.
func (s *spooled) takeAll(ctx context.Context, in <-chan *message.Message) {
	defer s.queue.close()
	for m := range in {
		parts := s.partsOf(m)
		for i, p := range parts {
			if ctx.Err() != nil || !s.queue.put(ctx, p) {
				m.Nack()
				break
			}
			parts[i] = nil
		}
	}
}

// partsOf returns the events of a message as records; nil for one that was
// acknowledged or handed back at once. Messages are cut so that a large one need
// not fit as a whole, but for a source that wants to be refused at once.
func (s *spooled) partsOf(m *message.Message) (parts []*incoming) {
	part := &incoming{message: m}
	for _, e := range eventsOf(m, s.clock.Now()).events {
		record, err := encodeSpooled(e)
		if limit := int64(s.config.MaxSize) / 8; err == nil && int64(len(record)) > limit {
			err = spool.ErrTooLarge
		}
		if err != nil {
			s.log.Error("event goes back to its source: it cannot be put into the spool", "id", e.ID, "bytes", len(e.payload.raw), "error", err)
			m.Nack()
			return nil
		}
		if part.size > maxPart && !s.inner.Push {
			parts = append(parts, part)
			part = &incoming{message: m}
		}
		part.records = append(part.records, record)
		part.size += int64(len(record)) + spool.Overhead
	}
	if len(part.records) == 0 {
		m.Ack()
		return nil
	}
	part.last = true
	return append(parts, part)
}

// maxPart is how large a part of a message may be before the next is begun.
const maxPart = 64 << 10

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
	if s.inner.Push && s.trouble.resting() {
		handBack(items)
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
		handBack(items)
		return len(items)
	}
	return 0
}

// fitting returns how many of the items fit into the spool now, and their records.
func (s *spooled) fitting(items []*incoming) (n int, records [][]byte) {
	room := s.disk.Room()
	for _, item := range items {
		if room -= item.size; room < 0 {
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
		handBack(items[:1])
		return 1
	}
	select {
	case <-s.disk.Freed():
		return 0
	case <-ctx.Done():
		handBack(items)
		return len(items)
	}
}

func acknowledge(items []*incoming) {
	for _, item := range items {
		if item.last {
			item.message.Ack()
		}
	}
}

func handBack(items []*incoming) {
	for _, item := range items {
		item.message.Nack()
	}
}
