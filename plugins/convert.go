package plugins

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	gproto "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

func received(in *wire.Event) *Event {
	return &Event{ID: in.ID, Key: in.Key, Type: in.Type, Time: in.Time(), payload: in.Payload, meta: in}
}

// handle answers an event.
func handle(ctx context.Context, h Handler, in *wire.Event) *proto.Result {
	e := received(in)
	out, err := call(ctx, h, e)
	if err != nil {
		return failed(in.Seq, err)
	}
	if len(out) == 1 && out[0] == e && !e.changed(in) {
		return unchanged
	}
	emit := &proto.Emit{Events: make([]*proto.Output, len(out))}
	for i, o := range out {
		if o == nil {
			return failed(in.Seq, Reject(fmt.Errorf("the plugin returned no event at %d of %d", i, len(out))))
		}
		emit.Events[i] = output(in, o)
	}
	return &proto.Result{Seq: in.Seq, Outcome: &proto.Result_Emit{Emit: emit}}
}

// fitting is r, or the refusal of an event whose answer is more than leat takes.
func fitting(r *proto.Result, most int) *proto.Result {
	if most == 0 || weight(r) <= most {
		return r
	}
	size := gproto.Size(r) + aroundAnswer
	if size <= most {
		return r
	}
	return failed(r.Seq, Reject(fmt.Errorf("what the plugin made of the event takes %d bytes, and leat takes %d at most", size, most)))
}

// unchanged stands for the answer that an event goes on as it came.
var unchanged = &proto.Result{}

// changed reports whether an event is not as it came any more.
func (e *Event) changed(in *wire.Event) bool {
	return e.replaced || len(e.added) > 0 || e.ID != in.ID || e.Key != in.Key || e.Type != in.Type || differingTime(in, e.Time) != nil
}

// call keeps a panic to its event, as leat does with those of its own stages.
func call(ctx context.Context, h Handler, e *Event) (out []*Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "panic while handling an event: %v\n%s", r, debug.Stack())
			err = Reject(fmt.Errorf("panic: %v", r))
		}
	}()
	return h(ctx, e)
}

// longestReason bounds what is said of an event: it is for people to read.
const longestReason = 64 << 10

// reason is text that fits into an answer.
func reason(s string) string { return text(s[:min(len(s), longestReason)]) }

// failed is the answer for an event with which nothing goes on.
func failed(seq uint64, err error) *proto.Result {
	var later *deferral
	r := &proto.Result{Seq: seq}
	dropped := asDrop(err)
	switch {
	case dropped != nil:
		r.Outcome = &proto.Result_Drop{Drop: &proto.Drop{Reason: reason(dropped.reason)}}
	case Rejected(err):
		r.Outcome = &proto.Result_Reject{Reject: &proto.Reject{Reason: reason(err.Error())}}
	case errors.As(err, &later):
		r.Outcome = &proto.Result_Retry{Retry: &proto.Retry{Reason: reason(err.Error()), AfterMs: uint64(max(0, later.d.Milliseconds()))}}
	default:
		r.Outcome = &proto.Result_Retry{Retry: &proto.Retry{Reason: reason(err.Error())}}
	}
	return r
}

// output is what differs between the event that came and one that goes on.
func output(in *wire.Event, e *Event) *proto.Output {
	o := &proto.Output{
		Id: differing(in.ID, e.ID), Key: differing(in.Key, e.Key), Type: differing(in.Type, e.Type),
		Time: differingTime(in, e.Time),
	}
	if e.replaced {
		if o.Payload = e.payload; o.Payload == nil {
			o.Payload = []byte{}
		}
	}
	for _, m := range e.added {
		o.Meta = append(o.Meta, &proto.Meta{Key: text(m.key), Value: text(m.value)})
	}
	return o
}

func differing(was, is string) *string {
	if is == was {
		return nil
	}
	is = text(is)
	return &is
}

func differingTime(was *wire.Event, is time.Time) *proto.Time {
	if is.IsZero() || was.Timed && is.Equal(was.Time()) {
		return nil
	}
	return &proto.Time{Seconds: is.Unix(), Nanos: int32(is.Nanosecond())}
}
