package pipeline

import (
	"context"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/spool"
)

// incoming is a message of the source, or a part of a large one, on its way to
// the disk.
type incoming struct {
	message *message.Message
	tell    func(index int, err error) // nil: it is settled or goes back as a whole
	indexes []int                      // of the events, for tell
	records [][]byte
	size    int64
	last    bool // it may be acknowledged after this part
	back    bool // no records: what is left of it goes back
}

// takeAll takes messages from the source until it ends. After ctx has ended they
// are handed back.
func (s *spooled) takeAll(ctx context.Context, in <-chan *message.Message) {
	defer s.queue.close()
	for m := range in {
		parts := s.partsOf(m)
		for i, p := range parts {
			if ctx.Err() != nil || !s.queue.put(ctx, p) {
				s.queue.add(&incoming{message: m, back: true})
				break
			}
			parts[i] = nil
		}
	}
}

// partsOf returns the events of a message as records; nil for one that was
// acknowledged or handed back at once. An event that cannot be put into the spool
// goes back: of a tray alone, else with its message. Messages are cut so that a
// large one need not fit as a whole, but for a source that wants to be refused at
// once.
func (s *spooled) partsOf(m *message.Message) (parts []*incoming) {
	b := eventsOf(m, s.clock.Now())
	part := &incoming{message: m, tell: b.tell}
	for i, e := range b.events {
		record, err := s.recordOf(e)
		switch {
		case err == nil:
		case b.tell == nil:
			m.Nack()
			return nil
		default:
			b.tell(i, err)
			continue
		}
		if part.size > maxPart && !s.inner.Push {
			parts = append(parts, part)
			part = &incoming{message: m, tell: b.tell}
		}
		part.indexes, part.records = append(part.indexes, i), append(part.records, record)
		part.size += int64(len(record)) + spool.Overhead
	}
	switch {
	case len(part.records) == 0:
		m.Ack() // which concerns only events that nothing was told of
		return nil
	case s.inner.Push && part.size > s.config.maxMessage():
		s.neverFits(part)
		return nil
	}
	part.last = true
	return append(parts, part)
}

// recordOf returns an event as a record, and says why there can be none.
func (s *spooled) recordOf(e *Event) ([]byte, error) {
	record, err := encodeSpooled(e)
	if err != nil {
		s.log.Error("event goes back to its source: it cannot be written to the spool", "id", e.ID, "bytes", len(e.payload.raw), "error", err)
		return nil, err
	}
	limit := s.config.maxRecord()
	if int64(len(record)) <= limit {
		return record, nil
	}
	s.log.Error("event goes back to its source: it is too large for the spool", "id", e.ID, "bytes", len(record), "limit", limit, "hint", hintFor(8*int64(len(record))))
	return nil, spool.ErrTooLarge
}

// neverFits hands back a message that an empty spool would have no room for.
func (s *spooled) neverFits(part *incoming) {
	s.log.Error("message goes back to its source: all of it has to fit into the spool, and never will",
		"events", len(part.records), "bytes", part.size, "limit", s.config.maxMessage(), "hint", hintFor(part.size+part.size/7))
	part.message.Nack()
}

// hintFor says what to do about something that needs a spool of that size.
func hintFor(size int64) string {
	if size > 8*spool.MaxRecord {
		return "no spool takes it: let the source take less at once"
	}
	return fmt.Sprintf("raise max_size of the spool to %s at least, or let the source take less at once", conf.Size(mebibytes(size)))
}

func mebibytes(size int64) int64 { return (size + 1<<20 - 1) >> 20 << 20 }

// maxPart is how large a part of a message may be before the next is begun.
const maxPart = 64 << 10
