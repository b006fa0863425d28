package host

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// For makes the host of a part of a pipeline: it is started and closed with it, and has
// the plugin look at its settings when the file is checked.
func For(c Config, env *pipeline.Env, sink bool) *Host {
	counters := map[string]*pipeline.Counter{}
	for _, what := range []string{"crashes", "restarts", "timeouts", "culprits", "replacements", "replacements_failed"} {
		counters[what] = env.Counter("plugin_" + what)
	}
	h := New(c, Options{
		Flow: env.Flow, Name: env.Name, Sink: sink, Folder: env.Plugins.Folder, Log: env.Log, Clock: env.Clock,
		Count: func(what string) { counters[what].Inc() },
		Place: env.Placed, Carrier: env.Carrier(),
	})
	env.Gauge("plugin_queue", h.queued)
	if c.SHA256 == "" && !c.Watch {
		env.Warn("plugin %s has no sha256: whoever can write its file decides what is run; sha256sum %s prints it", c.Run, c.Run)
	}
	env.OnStart(func(ctx context.Context) error {
		defer pipeline.InRealTime(env.Clock)()
		return h.Start(ctx)
	})
	env.OnClose(func() error {
		defer pipeline.InRealTime(env.Clock)()
		return h.Close()
	})
	env.OnReload(h.Look)
	env.OnTryOut(h.Check)
	env.OnHealth(h.ailment)
	return h
}

// fill makes the event's body as the contract has it, in a buffer that is to be released.
func (c *call) fill(e *pipeline.Event) error {
	if err := c.begin(e); err != nil {
		return err
	}
	e.EachMeta(c.addMeta)
	return nil
}

// begin makes the body without metadata.
func (c *call) begin(e *pipeline.Event) error {
	raw, err := e.Bytes()
	if err != nil {
		return err
	}
	c.id = e.ID
	body := wire.Buffer(len(raw) + len(e.ID) + len(e.Key) + len(e.Type) + aroundBody)
	c.body = wire.AppendBody(body, raw, valid(e.ID), valid(e.Key), valid(e.Type), e.Time)
	return nil
}

func (c *call) addMeta(key, value string) {
	c.body = wire.AppendMeta(c.body, valid(key), valid(value))
}

// aroundBody is about what the body of an event takes besides its payload and names.
const aroundBody = 256

// valid makes text fit for the contract, which has UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// mostOut bounds how many events a plugin can make of one.
const mostOut = 10_000

// Outcome is the events that go on, from an answer that [Host.Handle] returned. One that
// the plugin left as it is goes on itself; e is changed only where there is no error.
func Outcome(e *pipeline.Event, r *proto.Result) ([]*pipeline.Event, error) {
	list := r.GetEmit().GetEvents()
	for i, o := range list {
		if o == nil {
			return nil, pipeline.Reject(fmt.Errorf("the plugin's answer has no event at %d", i))
		}
		if t := o.Time; t != nil && !reasonable(t) {
			return nil, pipeline.Reject(fmt.Errorf("the plugin's answer has a time that is none: %ds and %dns after 1970", t.Seconds, t.Nanos))
		}
	}
	switch n := len(list); {
	case n == 0:
		return nil, nil
	case n > mostOut:
		return nil, pipeline.Reject(fmt.Errorf("the plugin made %d events of one, and may make %d", n, mostOut))
	case n == 1:
		apply(e, list[0])
		return []*pipeline.Event{e}, nil
	}
	return children(e, list)
}

// reasonable reports whether a time is in the years 1 to 9999.
func reasonable(t *proto.Time) bool {
	const first, last = -62135596800, 253402300799
	return t.Seconds >= first && t.Seconds <= last && t.Nanos >= 0 && t.Nanos < 1e9
}

func children(e *pipeline.Event, list []*proto.Output) ([]*pipeline.Event, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	out := make([]*pipeline.Event, len(list))
	for i, o := range list {
		out[i] = e.Child(i, raw)
		apply(out[i], o)
	}
	return out, nil
}

// apply changes e as an answer says.
func apply(e *pipeline.Event, o *proto.Output) {
	if o.Payload != nil {
		e.SetBytes(o.Payload)
	}
	if o.Id != nil {
		e.ID = *o.Id
	}
	if o.Key != nil {
		e.Key = *o.Key
	}
	if o.Type != nil {
		e.Type = *o.Type
	}
	if t := o.Time; t != nil {
		e.Time = time.Unix(t.Seconds, int64(t.Nanos)).UTC()
	}
	for _, m := range o.Meta {
		if m != nil {
			e.SetMeta(m.Key, m.Value)
		}
	}
}
