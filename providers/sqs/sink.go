package sqs

import (
	"context"
	"log/slog"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
	"github.com/leat-io/leat/pipeline"
)

// Sink sends events to a queue.
var Sink = pipeline.DefineSink("sqs", SinkConfig{
	MaxQueues:   100,
	Protocol:    protocolAuto,
	Label:       true,
	MaxSize:     maxMessage,
	BatchWait:   5 * time.Millisecond,
	MaxRequests: 20,
	Timeout:     30 * time.Second,
}, NewSink)

// NewSink returns a sink that looks for its queue when the pipeline starts. An
// event is settled once SQS has answered that it has the message.
func NewSink(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
	s := newSink(c, env.Clock, env.Log)
	if c.Label || len(c.Attributes) > 0 { // who takes no attributes is sent none
		s.carrier = env.Carrier()
	}
	s.counts = sinkCountsOf(env)
	env.OnStart(s.start)
	env.OnClose(s.close)
	return s.deliver, nil
}

type sink struct {
	config     SinkConfig
	attributes []awsmessage.Attribute[pipeline.Expr]
	clock      pipeline.Clock
	log        *slog.Logger
	counts     sinkCounts
	queues     sinkQueues
	carrier    pipeline.Carrier // nil: messages name no trace
	// load finds credentials and endpoint. It is called once, by start.
	load   func(context.Context) (*awsapi.Caller, error)
	caller *awsapi.Caller
}

func newSink(c SinkConfig, clock pipeline.Clock, log *slog.Logger) *sink {
	s := &sink{config: c, attributes: awsmessage.ByName(c.Attributes), clock: clock, log: log, counts: noSinkCounts()}
	s.load = func(ctx context.Context) (*awsapi.Caller, error) {
		return c.Settings.Load(ctx, c.ref().region, "SQS")
	}
	s.queues.init(s)
	return s
}

// start fails when the queue does not exist or may not be looked for: nothing
// could ever be sent. What may pass is only warned of.
func (s *sink) start(ctx context.Context) (err error) {
	if s.caller, err = s.load(ctx); err != nil {
		return err
	}
	if q := s.queues.fixed; q != nil {
		return q.check(ctx)
	}
	return nil
}

// deliver sends an event in a request with others and returns nil once SQS has it.
func (s *sink) deliver(ctx context.Context, e *pipeline.Event) error {
	q, err := s.queues.of(e)
	if err != nil {
		return err
	}
	defer s.queues.chosen.Leave(q)
	m, err := s.message(e, q)
	if err != nil {
		return err
	}
	if err := q.admit(ctx, m); err != nil {
		return err
	}
	if s.carrier != nil {
		s.carrier(ctx, m.addTrace(q))
	}
	return q.send(ctx, m)
}

// close ends requests that nobody can be waiting for any more.
func (s *sink) close() error {
	s.queues.close()
	if s.caller != nil {
		s.caller.Close()
	}
	return nil
}

// sinkCounts are what an operator may want to know of a sink.
type sinkCounts struct{ requests, failed, throttled *pipeline.Counter }

// noSinkCounts are counts that nobody looks at.
func noSinkCounts() sinkCounts {
	return sinkCounts{new(pipeline.Counter), new(pipeline.Counter), new(pipeline.Counter)}
}

func sinkCountsOf(env *pipeline.Env) sinkCounts {
	return sinkCounts{requests: env.Counter("requests"), failed: env.Counter("requests_failed"), throttled: env.Counter("requests_throttled")}
}
