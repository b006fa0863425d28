package pipeline

import (
	"context"
	"math"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Source is where a flow's events come from: a Watermill subscriber and what it
// can do. The engine numbers its messages in the order in which they leave the
// subscriber's channel, so a source must put them there in its own order.
type Source struct {
	Subscriber message.Subscriber
	// Topic is what the subscriber is asked for.
	Topic string
	// InFlight is how many messages it leaves unacknowledged at the same time;
	// 0: as many as the flow takes.
	InFlight int
	// Hold is how long it can leave a message unacknowledged; 0: no longer than
	// the work on it takes, so that nothing can be held. [Forever] for a file.
	Hold time.Duration
	// Finite: it ends by itself.
	Finite bool
	// Ordered: it gives events in the order in which they happened.
	Ordered bool
	// Serial: of the events that belong together it gives the next one only after
	// the one before is settled, such as a FIFO queue.
	Serial bool
	// Push: its sender offers again what it gets back, so that a message is better
	// refused at once than kept waiting. A full spool then refuses; of any other
	// source it takes nothing until there is room.
	Push bool
	// Returns: it offers again what the flow hands back, without an end.
	Returns bool
	// Redelivery is after what time a message comes again that an earlier run
	// of the process left unacknowledged.
	Redelivery time.Duration
	// Retention is how long it may give a message, or a copy of one, again; 0: that is
	// not known.
	Retention time.Duration
	// Err, when set, says after the channel was closed what ended the source
	// before its time; nil means that it came to its end.
	Err func() error
	// Progress, when set, says how much of its input a finite source has read,
	// in any unit. A total of 0 is unknown.
	Progress func() (done, total int64)

	// Pause, when set, has a source whose sender offers again what it gets back ask for
	// nothing more, or go on. What it gives meanwhile, because it had asked for it
	// before, is handed back. One without it is simply not read while its flow is
	// paused, and keeps what it has taken as it does when a flow is full.
	Pause func(paused bool)
	// Backlog, when set, says what waits in the source. It is asked for seldom, and only
	// when somebody watches the pipeline: it may take a request, and must end with ctx.
	Backlog func(ctx context.Context) (Backlog, error)

	// settled, when set, is told what became of a message before the flow counts
	// it as settled; a nil error means that it is.
	settled func(m *message.Message, err error)
}

// Forever is the Hold of a source that can wait as long as it takes.
const Forever = time.Duration(math.MaxInt64)

type batchKey struct{}

// batch is what a message made by [NewBatch] or [NewTray] carries.
type batch struct {
	events []*Event
	tell   func(index int, err error) // nil: nobody wants to know
}

// NewBatch returns a message that carries several events, such as the lines of
// a block of a file. It is acknowledged when all of them are settled. The
// message's context is ctx, which should outlive the subscription: a source that
// is asked to stop keeps what it has given out.
func NewBatch(ctx context.Context, events []*Event) *message.Message {
	return message.NewMessageWithContext(context.WithValue(ctx, batchKey{}, &batch{events: events}), "", nil)
}

// NewTray is [NewBatch] for events that only travel together, such as the messages
// of one answer of a queue: tell is called for each as soon as it is settled, with
// nil, or goes back, with an error, while others may be held for hours. It may be
// called concurrently. Acknowledging the message settles the events that it was
// not called for, handing it back returns them.
func NewTray(ctx context.Context, events []*Event, tell func(index int, err error)) *message.Message {
	return message.NewMessageWithContext(context.WithValue(ctx, batchKey{}, &batch{events, tell}), "", nil)
}

// eventsOf returns the events of a message: those of a batch, or the message
// itself, with its metadata.
func eventsOf(m *message.Message, now time.Time) *batch {
	if b, ok := m.Context().Value(batchKey{}).(*batch); ok {
		return b
	}
	e := NewEvent(m.UUID, m.Payload)
	e.Received = now
	if len(m.Metadata) > 0 {
		e.AddMeta(mapMeta(m.Metadata))
	}
	return &batch{events: []*Event{e}}
}

// mapMeta is metadata that is a map already.
type mapMeta map[string]string

func (m mapMeta) Lookup(key string) (string, bool) {
	v, ok := m[key]
	return v, ok
}

func (m mapMeta) Each(f func(key, value string)) {
	for k, v := range m {
		f(k, v)
	}
}
