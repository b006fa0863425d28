package sqs

import (
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/destinations"
	"github.com/leat-io/leat/pipeline"
)

// sinkQueues are the queues of a sink: that of the settings, and those that events
// choose.
type sinkQueues struct {
	sink   *sink
	fixed  *sinkQueue // nil: every event chooses
	chosen *destinations.Set[*sinkQueue]
}

func (s *sinkQueues) init(of *sink) {
	s.sink, s.chosen = of, destinations.New[*sinkQueue](of.config.MaxQueues)
	if c := of.config; c.Queue != "" {
		s.fixed = newSinkQueue(of, c.ref(), fmt.Sprintf("%q", c.Queue), false)
	}
}

// of returns the queue for an event, which has to leave it. All errors but one that
// passes, when there is no room for a name that others may not need any more, are
// permanent.
func (s *sinkQueues) of(e *pipeline.Event) (*sinkQueue, error) {
	name, err := s.sink.config.QueueFrom.TextOrNone(e)
	switch {
	case err != nil:
		return nil, pipeline.Reject(fmt.Errorf("queue_from: %w", err))
	case name == "" && s.fixed == nil:
		return nil, pipeline.Reject(errors.New("queue_from gives no queue for this event, and there is no setting queue for such ones"))
	case name == "" || s.fixed != nil && name == s.fixed.ref.name:
		return s.fixed, nil
	case !awsmessage.IsName(name, maxQueueName):
		return nil, pipeline.Reject(fmt.Errorf("queue_from gives %.100q, which cannot be the name of a queue", name))
	}
	return s.byName(name)
}

func (s *sinkQueues) byName(name string) (*sinkQueue, error) {
	q, err := s.chosen.Enter(name, func() *sinkQueue { return newSinkQueue(s.sink, s.refOf(name), fmt.Sprintf("%q", name), true) })
	if err == nil {
		return q, nil
	}
	said := fmt.Errorf("queue %q: events go to %d different queues already, which is max_queues", name, s.sink.config.MaxQueues)
	if errors.Is(err, destinations.ErrFull) {
		return nil, pipeline.Reject(said)
	}
	return nil, said
}

// refOf is a queue that an event has chosen: beside that of the settings when that
// says whose it is.
func (s *sinkQueues) refOf(name string) queueRef {
	ref := queueRef{name: name}
	if s.fixed != nil && s.fixed.ref.url == "" {
		ref.account, ref.region = s.fixed.ref.account, s.fixed.ref.region
	}
	return ref
}

// close returns when no event is at any queue.
func (s *sinkQueues) close() {
	s.chosen.Close()
	if s.fixed != nil {
		s.fixed.Close()
	}
}
