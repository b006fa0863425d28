package sns

import (
	"fmt"
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
}

// of returns the topic for an event. All errors but one that passes, when there is
// no room for a name that others may not need any more, are permanent.
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
		return t, nil
	}
	if most := s.sink.config.MaxTopics; len(s.chosen) >= most {
		return nil, s.full(arn, most)
	}
	t := newTopic(s.sink, arn, true)
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

// forget makes room for other names.
func (s *topics) forget(t *topic) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen[t.arn] == t {
		delete(s.chosen, t.arn)
	}
}

func (s *topics) close() {
	s.mu.Lock()
	all := []*topic{s.fixed}
	for _, t := range s.chosen {
		all = append(all, t)
	}
	s.mu.Unlock()
	for _, t := range all {
		t.out.Close()
	}
}
