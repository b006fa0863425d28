// Package sns sends events to SNS topics, on AWS and on services that speak its
// protocol.
//
// To take in what a topic sends, subscribe a queue to it and read that with the
// sqs source and the snsunwrap stage, or let the topic post to an snshttp source.
package sns

import (
	"context"
	"log/slog"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/internal/destinations"
	"github.com/leat-io/leat/pipeline"
)

// Sink sends events to a topic.
var Sink = pipeline.DefineSink("sns", SinkConfig{
	MaxTopics:   100,
	Label:       true,
	MaxSize:     256 << 10,
	BatchWait:   5 * time.Millisecond,
	MaxRequests: 20,
	Timeout:     30 * time.Second,
}, NewSink)

// NewSink returns a sink that looks at its topic when the pipeline starts. An event
// is settled once SNS has answered that it has the message.
func NewSink(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
	s := newSink(c, env.Clock, env.Log)
	if c.Label || len(c.Attributes) > 0 { // who takes no attributes is sent none
		s.carrier = env.Carrier()
	}
	s.counts = counts{requests: env.Counter("requests"), failed: env.Counter("requests_failed"), throttled: env.Counter("requests_throttled")}
	env.OnStart(s.start)
	env.OnClose(s.close)
	return s.deliver, nil
}

type sink struct {
	config     SinkConfig
	attributes []awsmessage.Attribute[pipeline.Expr]
	clock      pipeline.Clock
	log        *slog.Logger
	carrier    pipeline.Carrier // nil: messages name no trace
	counts     counts
	topics     topics
	// load finds credentials and endpoint. It is called once, by start.
	load func(context.Context) (*awsapi.Caller, error)
	api  *api
}

// counts are what an operator may want to know.
type counts struct{ requests, failed, throttled *pipeline.Counter }

func newSink(c SinkConfig, clock pipeline.Clock, log *slog.Logger) *sink {
	s := &sink{
		config: c, attributes: awsmessage.ByName(c.Attributes), clock: clock, log: log,
		counts: counts{new(pipeline.Counter), new(pipeline.Counter), new(pipeline.Counter)},
	}
	s.load = func(ctx context.Context) (*awsapi.Caller, error) { return c.Settings.Load(ctx, c.arn().Region, "SNS") }
	s.topics = topics{sink: s, chosen: destinations.New[*topic](c.MaxTopics), fixed: newTopic(s, c.Topic, false)}
	return s
}

// start fails when the topic does not exist: nothing could ever be sent. What may
// pass is only warned of.
func (s *sink) start(ctx context.Context) error {
	caller, err := s.load(ctx)
	if err != nil {
		return err
	}
	address, err := addressOf(ctx, caller)
	if err != nil {
		return err
	}
	s.api = &api{caller, address}
	return s.topics.fixed.check(ctx)
}

// deliver sends an event in a request with others and returns nil once SNS has it.
func (s *sink) deliver(ctx context.Context, e *pipeline.Event) error {
	t, err := s.topics.of(e)
	if err != nil {
		return err
	}
	defer s.topics.chosen.Leave(t)
	m, err := s.message(e, t)
	if err != nil {
		return err
	}
	if err := t.admit(ctx, m); err != nil {
		return err
	}
	if s.carrier != nil {
		s.carrier(ctx, m.addTrace(t))
	}
	return t.send(ctx, m)
}

// close ends requests that nobody can be waiting for any more.
func (s *sink) close() error {
	s.topics.close()
	if s.api != nil {
		s.api.caller.Close()
	}
	return nil
}
