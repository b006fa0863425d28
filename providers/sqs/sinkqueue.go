package sqs

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/coalesce"
	"github.com/leat-io/leat/pipeline"
)

// sinkQueue is a queue that events go to. It is looked for when it is needed, as
// often as it takes.
type sinkQueue struct {
	sink   *sink
	ref    queueRef
	name   string // in messages
	chosen bool   // by an expression
	out    *coalesce.Coalescer[*outgoing]

	ordered atomic.Bool // it is a FIFO queue although its name does not say so
	own     awsmessage.Limit

	mu     sync.Mutex
	api    api     // with its URL set, once it is found
	lookup *lookup // under way, or nil
}

// lookup is shared by all who wait for it.
type lookup struct {
	done  chan struct{}
	found api
	err   error
}

func newSinkQueue(s *sink, ref queueRef, name string, chosen bool) *sinkQueue {
	q := &sinkQueue{sink: s, ref: ref, name: name, chosen: chosen}
	q.out = coalesce.New(coalesce.Options[*outgoing]{
		MaxItems: maxBatch, MaxBytes: int(s.config.MaxSize), MaxRequests: s.config.MaxRequests, Wait: s.config.BatchWait,
		AfterFunc: pipeline.AfterFuncOf(s.clock),
		Send:      q.sendBatch,
	})
	return q
}

// Known reports whether the queue's URL is known.
func (q *sinkQueue) Known() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.api != nil
}

// Close returns when no event is at the queue.
func (q *sinkQueue) Close() { q.out.Close() }

func (q *sinkQueue) fifo() bool { return q.ref.fifo() || q.ordered.Load() }

// ready returns the queue once its URL is known. Those who ask at the same time
// share what the first of them finds.
func (q *sinkQueue) ready(ctx context.Context) (api, error) {
	q.mu.Lock()
	if q.api != nil {
		defer q.mu.Unlock()
		return q.api, nil
	}
	if l := q.lookup; l != nil {
		q.mu.Unlock()
		<-l.done
		return l.found, l.err
	}
	l := &lookup{done: make(chan struct{})}
	q.lookup = l
	q.mu.Unlock()
	l.found, l.err = q.find(ctx)
	l.err = q.notFound(l.err)
	q.mu.Lock()
	q.api, q.lookup = l.found, nil
	q.mu.Unlock()
	close(l.done)
	return l.found, l.err
}

// find asks for the queue's URL. A service behind an endpoint of its own that does
// not know the question is taken for the queue itself.
func (q *sinkQueue) find(ctx context.Context) (api, error) {
	found := newAPI(q.sink.caller, q.sink.config.Protocol, q.sink.log)
	url := q.ref.url
	if url == "" {
		limited, cancel := context.WithTimeout(ctx, q.sink.config.Timeout)
		defer cancel()
		var err error
		if url, err = found.resolve(limited, q.ref); err != nil {
			if !awsapi.Unknown(err) || q.sink.caller.Endpoint == "" {
				return nil, err
			}
			url = q.sink.caller.Endpoint
		}
	}
	found.at(url)
	return found, nil
}

// notFound is permanent where the event chose a queue that does not exist, or that
// the caller may not look for: for others the queue has to be made, and they wait
// for it. A queue that was found is not looked for any more.
func (q *sinkQueue) notFound(err error) error {
	if err == nil {
		return nil
	}
	said := fmt.Errorf("look for queue %s: %w", q.name, explained(err))
	switch {
	case !q.chosen:
		return said
	case awsmessage.Closed(err):
		said = fmt.Errorf("queue_from gives a queue that does not exist or that the credentials give no right to: %w", said)
	case !awsmessage.Missing(awsapi.Code(err)):
		return said
	}
	q.sink.queues.chosen.Forget(q)
	return pipeline.Reject(said)
}

// check is done before the first event.
func (q *sinkQueue) check(ctx context.Context) error {
	found, err := q.find(ctx)
	if err == nil {
		q.mu.Lock()
		q.api = found
		q.mu.Unlock()
		err = q.learn(ctx, found)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("queue %s: %w", q.name, ctx.Err())
	case awsmessage.Missing(awsapi.Code(err)), awsapi.Denied(err):
		return fmt.Errorf("queue %s: %w", q.name, explained(err))
	}
	q.sink.log.Warn("the queue cannot be looked at now: events wait until it can", "queue", q.name, "error", err)
	return nil
}

// ask is [sinkQueue.learn] for a queue that may not be found yet.
func (q *sinkQueue) ask(ctx context.Context) error {
	found, err := q.ready(ctx)
	if err != nil {
		return err
	}
	return q.learn(ctx, found)
}

// learn asks for the queue's own settings, which a sender need not be allowed to
// read.
func (q *sinkQueue) learn(ctx context.Context, found api) error {
	limited, cancel := context.WithTimeout(ctx, q.sink.config.Timeout)
	defer cancel()
	attributes, err := found.attributes(limited)
	if awsapi.Denied(err) || awsapi.Unknown(err) {
		q.sink.log.Debug("the queue's settings cannot be read", "queue", q.name, "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	q.ordered.Store(attributes["FifoQueue"] == "true")
	if n, err := strconv.ParseInt(attributes["MaximumMessageSize"], 10, 64); err == nil && n > 0 {
		q.own.Set(n)
	}
	return nil
}
