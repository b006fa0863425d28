package sns

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// topics are the topics of a sink: that of the settings, and those that events
// choose.
type topics struct {
	sink  *sink
	fixed *topic

	mu     sync.Mutex
	chosen map[string]*topic
	// forgotten are topics that have no name here any more, but events.
	forgotten map[*topic]bool
}

// of returns the topic for an event, which has to leave it. All errors but one that
// passes, when there is no room for a name that others may not need any more, are
// permanent.
func (s *topics) of(e *pipeline.Event) (*topic, error) {
	name, err := textFor(&s.sink.config.TopicFrom, e)
	switch {
	case err != nil:
		return nil, pipeline.Reject(fmt.Errorf("topic_from: %w", err))
	case name == "":
		return s.fixed, nil
	case !isName(name):
		return nil, pipeline.Reject(fmt.Errorf("topic_from gives %.100q, which cannot be the name of a topic", name))
	}
	arn := s.fixed.arn[:strings.LastIndexByte(s.fixed.arn, ':')+1] + name
	if arn == s.fixed.arn {
		return s.fixed, nil
	}
	return s.byARN(arn)
}

func (s *topics) byARN(arn string) (*topic, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.chosen[arn]; t != nil {
		t.users++
		return t, nil
	}
	if most := s.sink.config.MaxTopics; len(s.chosen) >= most {
		return nil, s.full(arn, most)
	}
	t := newTopic(s.sink, arn, true)
	t.users++
	s.chosen[arn] = t
	return t, nil
}

// full refuses a further topic: for good, unless some of those that have room now
// may turn out not to exist.
func (s *topics) full(arn string, most int) error {
	err := fmt.Errorf("topic %s: events go to %d different topics already, which is max_topics", arn, most)
	for _, t := range s.chosen {
		if !t.exists.Load() {
			return err
		}
	}
	return pipeline.Reject(err)
}

// leave says that an event is no longer at its topic. The last one takes along the
// name of a topic of which SNS has never had a message, so that there is room for
// others.
func (s *topics) leave(t *topic) {
	if t.chosen && s.unused(t) {
		t.out.Close()
	}
}

// unused reports whether nobody knows a topic any more.
func (s *topics) unused(t *topic) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.users--; t.users > 0 {
		return false
	}
	switch {
	case s.forgotten[t]:
		delete(s.forgotten, t)
	case s.chosen[t.arn] == t && !t.exists.Load():
		delete(s.chosen, t.arn)
	default:
		return false
	}
	return true
}

// forget makes room for other names. Events that are at the topic stay there.
func (s *topics) forget(t *topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen[t.arn] == t {
		delete(s.chosen, t.arn)
		s.forgotten[t] = true
	}
}

// close returns when no event is at any topic, those that are forgotten included.
func (s *topics) close() {
	for _, t := range s.all() {
		t.out.Close()
	}
}

func (s *topics) all() []*topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.AppendSeq([]*topic{s.fixed}, maps.Values(s.chosen))
	return slices.AppendSeq(all, maps.Keys(s.forgotten))
}
