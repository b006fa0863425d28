package flowtest

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Recorder is a kind of sink that keeps what it gets.
type Recorder struct {
	fail  func(sink string, e *pipeline.Event, attempt int) error
	later func(sink string, e *pipeline.Event) bool

	mu       sync.Mutex
	got      []Got
	attempts map[string]int
}

// Got is an event that reached a sink.
type Got struct {
	Sink          string
	ID, Key, Type string
	Time          time.Time // of the event
	Seq           pipeline.Seq
	Body          string
	Meta          map[string]string
	At            time.Time // when it came
}

// Define makes a kind of sink of the recorder.
func (r *Recorder) Define(name string) pipeline.SinkDef {
	def := pipeline.DefineSink(name, struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
		return func(ctx context.Context, e *pipeline.Event) error { return r.handle(ctx, env.Name, e) }, nil
	})
	if r.later != nil {
		return def.Quick()
	}
	return def
}

// handle delivers an event in its own goroutine or, if it is to be known later what
// becomes of it, in another one.
func (r *Recorder) handle(ctx context.Context, sink string, e *pipeline.Event) error {
	if r.later != nil && r.later(sink, e) {
		if p := pipeline.Later(ctx); p != nil {
			go func() { p.Settle(r.deliver(sink, e)) }()
			return pipeline.ErrLater
		}
	}
	return r.deliver(sink, e)
}

// Put keeps an event, for a sink of the test's own.
func (r *Recorder) Put(sink string, e *pipeline.Event) error { return r.deliver(sink, e) }

func (r *Recorder) deliver(sink string, e *pipeline.Event) error {
	body, err := e.Bytes()
	if err != nil {
		return err
	}
	if r.fail != nil {
		if err := r.fail(sink, e, r.attempt(sink+"\x00"+e.ID)); err != nil {
			return err
		}
	}
	g := Got{Sink: sink, ID: e.ID, Key: e.Key, Type: e.Type, Time: e.Time, Seq: e.Seq, Body: string(body), Meta: map[string]string{}, At: time.Now()}
	for k, v := range e.AllMeta() {
		g.Meta[k] = v
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, g)
	return nil
}

// attempt counts how often a sink was called for an event, from 1.
func (r *Recorder) attempt(what string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.attempts == nil {
		r.attempts = map[string]int{}
	}
	r.attempts[what]++
	return r.attempts[what]
}

// Got returns what reached a sink so far, in the order in which it did.
func (r *Recorder) Got(sink string) (out []Got) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, g := range r.got {
		if g.Sink == sink {
			out = append(out, g)
		}
	}
	return out
}

// IDs returns the ids of what reached a sink so far.
func (r *Recorder) IDs(sink string) []string {
	ids := []string{}
	for _, g := range r.Got(sink) {
		ids = append(ids, g.ID)
	}
	return ids
}

// Bodies returns the payloads of what reached a sink so far.
func (r *Recorder) Bodies(sink string) []string {
	bodies := []string{}
	for _, g := range r.Got(sink) {
		bodies = append(bodies, g.Body)
	}
	return bodies
}
