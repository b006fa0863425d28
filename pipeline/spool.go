package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/spool"
)

// spooled is a source with a durable spool between it and its flow. Three
// goroutines work on it while it is subscribed to: one takes messages from the
// source, one brings their events to the disk and then acknowledges them, and
// one gives events from the spool to the flow. Events are settled there one by
// one, so that a kill repeats none because of others in its message.
type spooled struct {
	name   string
	node   *conf.Node // where the source is named
	inner  *Source
	flow   *flow
	config spoolConfig
	clock  Clock
	log    *slog.Logger
	again  *Counter

	disk    *spool.Spool // from the start of the run on; others ask opened
	queue   spoolQueue
	trouble trouble          // of the goroutine that writes
	gone    *message.Message // that one's too: what was handed back last
	back    backlog
	workers sync.WaitGroup

	mu     sync.Mutex
	opened *spool.Spool // for whoever asks before the start too
	err    error        // why the spool could not be read
	notes  trouble
}

// CountAgain counts events that the flow gave back and a spool offers again.
const CountAgain = "offered_again"

func newSpooled(f *flow, s *namedSource, c spoolConfig, env *Env) *spooled {
	sp := &spooled{
		name: s.name, node: s.node, inner: s.Source, flow: f, config: c, clock: env.Clock, log: env.Log.With("spool", c.Path),
		again: f.pipeline.stats.counter(Owner{Kind: KindSource, Flow: f.name, Part: s.name}, CountAgain), queue: newSpoolQueue(),
	}
	sp.trouble = trouble{clock: sp.clock, log: sp.log, bad: "the spool cannot be written: the source keeps its messages", good: "the spool can be written again"}
	if s.Push {
		sp.trouble.bad = "the spool cannot be written: messages are refused"
	}
	sp.notes = trouble{clock: sp.clock, log: sp.log, bad: "it cannot be noted in the spool what is settled: after a crash that may come again", good: "it can be noted again in the spool what is settled"}
	sp.back = newBacklog()
	return sp
}

// source is what the flow sees: a source that can wait. It keeps the order of its
// own one only where nothing goes back, as that is offered again behind others.
func (s *spooled) source() *Source {
	return &Source{
		Subscriber: s, Topic: s.inner.Topic, Hold: Forever, Ordered: s.inner.Ordered && s.flow.policy.dead != nil,
		Redelivery: s.inner.Redelivery, Retention: s.inner.Retention, Err: s.brokeOff, settled: s.settled, Backlog: s.inner.Backlog,
	}
}

func (s *spooled) open(context.Context) (err error) {
	s.disk, err = spool.Open(s.config.Path, spool.Options{
		MaxBytes: int64(s.config.MaxSize), MaxRecord: s.config.maxRecord(), Now: s.clock.Now, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.opened = s.disk
	s.mu.Unlock()
	if n := s.disk.Stats().Waiting; n > 0 {
		s.log.Info("events of an earlier run wait in the spool and come first", "events", n)
	}
	return nil
}

func (s *spooled) close() error {
	if s.disk == nil {
		return nil
	}
	return s.disk.Close()
}

// Subscribe implements [message.Subscriber]. The channel closes when ctx ends,
// or when the source broke off and the spool has given out everything.
func (s *spooled) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.inner.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	s.workers.Go(func() { s.takeAll(ctx, in) })
	s.workers.Go(func() { s.storeAll(ctx) })
	s.workers.Go(func() { s.giveAll(ctx, out) })
	return out, nil
}

// Close implements [message.Subscriber]. It returns when what the source had
// given is durable or was handed back.
func (s *spooled) Close() error {
	err := s.inner.Subscriber.Close()
	s.workers.Wait()
	return err
}

// brokeOff says what ended the source, or the reading of the spool.
func (s *spooled) brokeOff() error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	if s.inner.Err == nil {
		return err
	}
	return errors.Join(err, s.inner.Err())
}

// SpoolStats is what is in the spool of a source.
type SpoolStats struct {
	Flow, Source string
	// Path is the folder of the spool.
	Path string
	// Waiting is how many events are not settled, those under way included.
	Waiting int64
	// Bytes is the size of the spool on disk.
	Bytes int64
	// Oldest is when the oldest of the waiting events was spooled, zero if none
	// waits.
	Oldest time.Time
	// Lost is how many events were found damaged.
	Lost int64
}

func (s *spooled) stats() SpoolStats {
	out := SpoolStats{Flow: s.flow.name, Source: s.name, Path: s.config.Path}
	s.mu.Lock()
	disk := s.opened
	s.mu.Unlock()
	if disk != nil {
		d := disk.Stats()
		out.Waiting, out.Bytes, out.Oldest, out.Lost = int64(d.Waiting), d.Bytes, d.Oldest, int64(d.Lost)
	}
	return out
}
