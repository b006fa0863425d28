package sns

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/destinations"
	"github.com/leat-io/leat/pipeline"
)

// topics are the topics of a sink: that of the settings, and those that events
// choose.
type topics struct {
	sink   *sink
	fixed  *topic
	chosen *destinations.Set[*topic] // by ARN
}

// of returns the topic for an event, which has to leave it. All errors but one that
// passes, when there is no room for a name that others may not need any more, are
// permanent.
func (s *topics) of(e *pipeline.Event) (*topic, error) {
	name, err := s.sink.config.TopicFrom.TextOrNone(e)
	switch {
	case err != nil:
		return nil, pipeline.Reject(fmt.Errorf("topic_from: %w", err))
	case name == "":
		return s.fixed, nil
	case !awsmessage.IsName(name, maxTopicName):
		return nil, pipeline.Reject(fmt.Errorf("topic_from gives %.100q, which cannot be the name of a topic", name))
	}
	arn := s.fixed.arn[:strings.LastIndexByte(s.fixed.arn, ':')+1] + name
	if arn == s.fixed.arn {
		return s.fixed, nil
	}
	return s.byARN(arn)
}

func (s *topics) byARN(arn string) (*topic, error) {
	t, err := s.chosen.Enter(arn, func() *topic { return newTopic(s.sink, arn, true) })
	if err == nil {
		return t, nil
	}
	said := fmt.Errorf("topic %s: events go to %d different topics already, which is max_topics", arn, s.sink.config.MaxTopics)
	if errors.Is(err, destinations.ErrFull) {
		return nil, pipeline.Reject(said)
	}
	return nil, said
}

// close returns when no event is at any topic.
func (s *topics) close() {
	s.fixed.Close()
	s.chosen.Close()
}
