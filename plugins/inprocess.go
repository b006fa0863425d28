package plugins

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// InProcess makes a stage of the given name from a handler without settings, for the
// catalog of a program that embeds leat: the event goes through the same function as in
// a process of its own, without one. A panic rejects its event. There is no timeout
// here; the context ends when the flow gives up waiting for its events.
func InProcess(name string, h Handler) pipeline.StageDef { return inProcess(name, plain(h)) }

// InProcessConfigured is [InProcess] for a handler with settings, which are those of the
// stage in pipeline.yaml. As in [ServeConfigured] open gets them when the flow starts,
// and when the file is checked.
func InProcessConfigured[C any](name string, open func(ctx context.Context, config C) (Handler, error)) pipeline.StageDef {
	return inProcess(name, configured(open))
}

func inProcess(name string, p plugin) pipeline.StageDef {
	return pipeline.DefineStage(name, conf.Values{}, func(c conf.Values, env *pipeline.Env) (pipeline.Stage, error) {
		s := &stage{plugin: p, config: c, env: env, dropped: env.Counter(pipeline.CountDropped), carrier: env.Carrier()}
		env.OnTryOut(func(ctx context.Context) error { return s.open(ctx) })
		env.OnStart(func(ctx context.Context) error {
			if err := s.open(ctx); err != nil {
				return env.Placed(err)
			}
			return nil
		})
		return pipeline.FlatMap(s.handle), nil
	})
}

// stage is a plugin in this process.
type stage struct {
	plugin  plugin
	config  conf.Values
	env     *pipeline.Env
	dropped *pipeline.Counter
	carrier pipeline.Carrier
	handler Handler
	setup   Setup
}

// open makes the handler. Errors of settings are those of the stage in pipeline.yaml.
func (s *stage) open(ctx context.Context) error {
	config, err := s.config.JSON()
	if err != nil {
		return err
	}
	s.setup = Setup{Flow: s.env.Flow, Name: s.env.Name}
	s.handler, err = s.plugin.handler(context.WithValue(ctx, setupKey{}, s.setup), config)
	var placed []error
	for _, p := range Problems(err) {
		if p.Path == "" {
			placed = append(placed, errors.New(p.Message))
		} else {
			placed = append(placed, pipeline.FieldError(p.Path, "%s: %s", p.Path, p.Message))
		}
	}
	return errors.Join(placed...)
}

func (s *stage) handle(ctx context.Context, e *pipeline.Event) ([]*pipeline.Event, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	in := &Event{ID: e.ID, Key: e.Key, Type: e.Type, Time: e.Time, payload: raw, meta: s.metadata(ctx, e)}
	pipeline.Yield(ctx)
	out, err := call(context.WithValue(ctx, setupKey{}, s.setup), s.handler, in)
	if err != nil {
		return nil, s.failed(e, err)
	}
	if len(out) == 0 {
		s.dropped.Inc()
	}
	return s.events(e, raw, out)
}

// failed says to leat what the plugin says with an error; nil: the event is dropped.
func (s *stage) failed(e *pipeline.Event, err error) error {
	var later *deferral
	dropped := asDrop(err)
	switch {
	case dropped != nil:
		s.dropped.Inc()
		s.env.Log.Debug("dropped", "id", e.ID, "reason", dropped.reason)
		return nil
	case Rejected(err):
		return pipeline.Reject(err)
	case errors.As(err, &later):
		return pipeline.RetryAfter(err, later.d)
	}
	return err
}

func (s *stage) events(e *pipeline.Event, raw []byte, out []*Event) ([]*pipeline.Event, error) {
	events := make([]*pipeline.Event, len(out))
	was := e.ID
	for i, o := range out {
		if o == nil {
			return nil, pipeline.Reject(fmt.Errorf("the plugin returned no event at %d of %d", i, len(out)))
		}
		if len(out) > 1 {
			events[i] = e.Child(i, raw)
		} else {
			events[i] = e
		}
	}
	for i, o := range out {
		o.applyTo(events[i], was)
	}
	return events, nil
}

// applyTo changes an event of leat to what the plugin made of it.
func (e *Event) applyTo(to *pipeline.Event, was string) {
	if e.replaced {
		to.SetBytes(e.payload)
	}
	if e.ID != was {
		to.ID = e.ID
	}
	to.Key, to.Type = e.Key, e.Type
	if !e.Time.IsZero() {
		to.Time = e.Time
	}
	for _, m := range e.added {
		to.SetMeta(m.key, m.value)
	}
}

// metadata is that of an event of leat. What has been carried to the plugin, to say in
// which trace it goes on, hides what the event came with.
type metadata struct {
	e       *pipeline.Event
	carried map[string]string // nil: nobody traces
}

func (s *stage) metadata(ctx context.Context, e *pipeline.Event) metadata {
	m := metadata{e: e}
	if s.carrier != nil {
		m.carried = map[string]string{}
		s.carrier(ctx, func(name, value string) { m.carried[name] = value })
	}
	return m
}

// Lookup implements [Metadata].
func (m metadata) Lookup(key string) (string, bool) {
	if v, ok := m.carried[key]; ok {
		return v, true
	}
	return m.e.LookupMeta(key)
}
