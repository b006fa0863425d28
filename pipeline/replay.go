package pipeline

import (
	"context"
	"iter"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Replay has the flows of a file take dead letters in place of what their sources give.
// Each enters its flow at the stage or sink that failed, marked [MarkReplayed]; what
// stands before is passed over. Sources are neither built nor opened.
type Replay struct {
	// Letters yields those of a flow. It is called once for each flow.
	Letters func(ctx context.Context, flow string) iter.Seq[*Letter]
	// Settled is told what became of a letter once its event is settled, and never for
	// one that is not. An error means that it could not be recorded. It may be called
	// concurrently. The letter of an event that is not settled stays as it is.
	Settled func(l *Letter, became LetterStatus) error
	// FromStart has events enter their flow at its first stage, with the payload that
	// their source gave.
	FromStart bool
	// Redacted lets letters through in which secrets were hidden.
	Redacted bool
	// OnlySinks: all letters are those of sinks. Then neither the state store is
	// opened nor any stage started, so that another process may have them.
	OnlySinks bool
}

// replaySource is the name of the source that gives the letters.
const replaySource = "dead letters"

// letterSource gives the letters of a flow, each as a message.
type letterSource struct {
	replay *Replay
	flow   string
}

type letterKey struct{}

func (s letterSource) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for l := range s.replay.Letters(ctx, s.flow) {
			lasting := context.WithValue(context.WithoutCancel(ctx), letterKey{}, l)
			select {
			case out <- NewBatch(lasting, []*Event{l.event(s.replay.FromStart)}):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (letterSource) Close() error { return nil }

// ended is a source of the file during a replay.
type ended struct{}

func (ended) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	close(out)
	return out, nil
}

func (ended) Close() error { return nil }

// addReplay gives a flow its letters as a source.
func (b *fileBuilder) addReplay(f *flow) {
	r := b.options.Replay
	f.entries = &entries{flow: f, replay: r, stages: map[string]Handler{}, sinks: map[string]Handler{}}
	if r == nil {
		return
	}
	s := &Source{Subscriber: letterSource{r, f.name}, Hold: Forever, Finite: true}
	f.sources = append(f.sources, &namedSource{Source: s, name: replaySource, node: f.node})
}

// handle runs the event of a letter through what is left of its flow. Only then, and
// only if it is settled, is the letter said to be replayed.
func (en *entries) handle(ctx context.Context, e *Event) error {
	l, _ := ctx.Value(letterKey{}).(*Letter)
	became, err := en.run(ctx, e, l, en.replay)
	if err != nil {
		return err
	}
	return en.replay.Settled(l, became)
}

// run runs the event of a letter through what is left of its flow, and says what became
// of the letter if it is settled.
func (en *entries) run(ctx context.Context, e *Event, l *Letter, r *Replay) (LetterStatus, error) {
	h, err := en.entry(&l.DeadLetter, r)
	if err != nil {
		return LetterWaits, err
	}
	if r.FromStart && en.behindDedupe(&l.DeadLetter) {
		e.SetMeta(MarkReplayed, ReplayedFromStart)
	}
	if err := Await(h)(ctx, e); err != nil {
		return LetterWaits, err
	}
	if DeadLettered(ctx) {
		return LetterReplaced, nil
	}
	return LetterDelivered, nil
}
