package flowtest

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
)

// Feed is a source that a test drives.
type Feed struct {
	source    pipeline.Source
	redeliver bool

	mu    sync.Mutex
	queue []*Sent
	ended bool
	wake  chan struct{}
}

// Sent is a message of a feed.
type Sent struct {
	ID      string
	Payload string
	Meta    map[string]string

	mu       sync.Mutex
	acked    bool
	returned int
}

// Acked reports whether the source may forget the message.
func (s *Sent) Acked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// Returned is how often the message was handed back.
func (s *Sent) Returned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.returned
}

// NewFeed returns a feed; nil: a live source that can hold events as long as it takes. With
// redeliver it sends a message again that was handed back.
func NewFeed(source *pipeline.Source, redeliver bool) *Feed {
	f := &Feed{redeliver: redeliver, wake: make(chan struct{}, 1)}
	f.source = pipeline.Source{Hold: pipeline.Forever, Ordered: true}
	if source != nil {
		f.source = *source
	}
	f.source.Subscriber = f
	return f
}

// Define makes a kind of source of the feed.
func (f *Feed) Define(name string) pipeline.SourceDef {
	return pipeline.DefineSource(name, struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) { return &f.source, nil })
}

// Send puts a message into the feed. It may be called before the pipeline runs.
func (f *Feed) Send(id, payload string) *Sent {
	return f.SendMeta(id, payload, nil)
}

// SendMeta is [Feed.Send] with metadata.
func (f *Feed) SendMeta(id, payload string, meta map[string]string) *Sent {
	s := &Sent{ID: id, Payload: payload, Meta: meta}
	f.mu.Lock()
	f.queue = append(f.queue, s)
	f.mu.Unlock()
	f.signal()
	return s
}

// End is the end of a finite feed.
func (f *Feed) End() {
	f.mu.Lock()
	f.ended = true
	f.mu.Unlock()
	f.signal()
}

func (f *Feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Subscribe implements [message.Subscriber].
func (f *Feed) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for {
			s, ended := f.next()
			switch {
			case s != nil:
				if !f.give(ctx, s, out) {
					return
				}
			case ended:
				return
			default:
				select {
				case <-f.wake:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, nil
}

func (f *Feed) next() (*Sent, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return nil, f.ended
	}
	s := f.queue[0]
	f.queue = f.queue[1:]
	return s, false
}

func (f *Feed) give(ctx context.Context, s *Sent, out chan<- *message.Message) bool {
	m := message.NewMessage(s.ID, []byte(s.Payload))
	for k, v := range s.Meta {
		m.Metadata.Set(k, v)
	}
	go f.watch(m, s)
	select {
	case out <- m:
		return true
	case <-ctx.Done():
		m.Nack()
		return false
	}
}

func (f *Feed) watch(m *message.Message, s *Sent) {
	select {
	case <-m.Acked():
		s.mu.Lock()
		s.acked = true
		s.mu.Unlock()
	case <-m.Nacked():
		s.mu.Lock()
		s.returned++
		s.mu.Unlock()
		if f.redeliver {
			f.mu.Lock()
			f.queue = append(f.queue, s)
			f.mu.Unlock()
			f.signal()
		}
	}
}

// Close implements [message.Subscriber].
func (f *Feed) Close() error { return nil }
