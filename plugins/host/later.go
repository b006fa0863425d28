package host

import (
	"context"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// Answered does what is left to do once the plugin has answered, with what [Host.Handle]
// returns.
type Answered func(ctx context.Context, e *pipeline.Event, r *proto.Result, err error) error

// Give is [Host.Handle] for a caller that does not wait for the answer, so that an event
// costs no goroutine meanwhile. It returns [pipeline.ErrLater], or what answered returned.
func (h *Host) Give(ctx context.Context, e *pipeline.Event, answered Answered) error {
	if !pipeline.Lasts(ctx) {
		pipeline.Yield(ctx)
		r, err := h.Handle(ctx, e)
		return answered(ctx, e, r, err)
	}
	l := &later{host: h, ctx: ctx, event: e, answered: answered}
	if err := h.fill(ctx, &l.call, e); err != nil {
		return err
	}
	l.call.later = l
	pipeline.LaterIn(ctx, &l.pending)
	l.clockGoesOn = pipeline.InRealTime(h.options.Clock)
	l.ends = ends{pipeline.Stopping(ctx), ctx.Done()}
	if err := h.add(&l.call); err != nil {
		l.clockGoesOn()
		return err
	}
	return pipeline.ErrLater
}

// later is a call whose caller does not wait.
type later struct {
	call
	host        *Host
	ctx         context.Context
	event       *pipeline.Event
	answered    Answered
	pending     pipeline.Pending
	clockGoesOn func()
	ends        ends

	before, after *later // in the list of those that were given
}

// finish has the event go on. The host is locked.
func (l *later) finish(c *call) {
	g := &l.host.given
	g.remove(l)
	if g.together != nil {
		g.together.Add(&l.pending, l)
		return
	}
	alone := &pipeline.Convoy{}
	alone.Add(&l.pending, l)
	alone.Go()
}

// GoOn implements [pipeline.Rest].
func (l *later) GoOn() error {
	r, err := l.outcome()
	wire.Release(l.body)
	l.clockGoesOn()
	return l.answered(l.ctx, l.event, r, err)
}
