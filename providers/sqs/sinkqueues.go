package sqs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// sinkQueues are the queues of a sink: that of the settings, and those that events
// choose.
type sinkQueues struct {
	sink  *sink
	fixed *sinkQueue // nil: every event chooses

	mu     sync.Mutex
	chosen map[string]*sinkQueue
	// forgotten are queues that have no name here any more, but events.
	forgotten map[*sinkQueue]bool
}

func (s *sinkQueues) init(of *sink) {
	s.sink, s.chosen, s.forgotten = of, map[string]*sinkQueue{}, map[*sinkQueue]bool{}
	if c := of.config; c.Queue != "" {
		s.fixed = newSinkQueue(of, c.ref(), fmt.Sprintf("%q", c.Queue), false)
	}
}

// of returns the queue for an event, which has to leave it. All errors but one that
// passes, when there is no room for a name that others may not need any more, are
// permanent.
func (s *sinkQueues) of(e *pipeline.Event) (*sinkQueue, error) {
	name, err := textFor(&s.sink.config.QueueFrom, e)
	switch {
	case err != nil:
		return nil, pipeline.Reject(fmt.Errorf("queue_from: %w", err))
	case name == "" && s.fixed == nil:
		return nil, pipeline.Reject(errors.New("queue_from gives no queue for this event, and there is no setting queue for such ones"))
	case name == "" || s.fixed != nil && name == s.fixed.ref.name:
		return s.fixed, nil
	case !isQueueName(name):
		return nil, pipeline.Reject(fmt.Errorf("queue_from gives %.100q, which cannot be the name of a queue", name))
	}
	return s.byName(name)
}

func (s *sinkQueues) byName(name string) (*sinkQueue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.chosen[name]; q != nil {
		q.users++
		return q, nil
	}
	if most := s.sink.config.MaxQueues; len(s.chosen) >= most {
		return nil, s.full(name, most)
	}
	ref := queueRef{name: name}
	if s.fixed != nil && s.fixed.ref.url == "" {
		ref.account, ref.region = s.fixed.ref.account, s.fixed.ref.region
	}
	q := newSinkQueue(s.sink, ref, fmt.Sprintf("%q", name), true)
	q.users++
	s.chosen[name] = q
	return q, nil
}

// full refuses a further queue: for good, unless some of those that have room now
// may turn out not to exist.
func (s *sinkQueues) full(name string, most int) error {
	err := fmt.Errorf("queue %q: events go to %d different queues already, which is max_queues", name, most)
	for _, q := range s.chosen {
		if !q.known() {
			return err
		}
	}
	return pipeline.Reject(err)
}

func (q *sinkQueue) known() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.api != nil
}

// leave says that an event is no longer at its queue. The last one takes along the
// name of a queue that was never found, so that there is room for others.
func (s *sinkQueues) leave(q *sinkQueue) {
	if q.chosen && s.unused(q) {
		q.out.Close()
	}
}

// unused reports whether nobody knows a queue any more.
func (s *sinkQueues) unused(q *sinkQueue) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.users--; q.users > 0 {
		return false
	}
	switch {
	case s.forgotten[q]:
		delete(s.forgotten, q)
	case s.chosen[q.ref.name] == q && !q.known():
		delete(s.chosen, q.ref.name)
	default:
		return false
	}
	return true
}

// forget makes room for other names. Events that are at the queue stay there.
func (s *sinkQueues) forget(q *sinkQueue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen[q.ref.name] == q {
		delete(s.chosen, q.ref.name)
		s.forgotten[q] = true
	}
}

// close returns when no event is at any queue, those that are forgotten included.
func (s *sinkQueues) close() {
	for _, q := range s.all() {
		q.out.Close()
	}
}

func (s *sinkQueues) all() []*sinkQueue {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Collect(maps.Values(s.chosen))
	all = slices.AppendSeq(all, maps.Keys(s.forgotten))
	if s.fixed != nil {
		all = append(all, s.fixed)
	}
	return all
}

// isQueueName keeps events from choosing a place: a URL or another account.
func isQueueName(name string) bool {
	if len(name) > maxQueueName {
		return false
	}
	name = strings.TrimSuffix(name, fifoSuffix)
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
