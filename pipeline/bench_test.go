package pipeline

import (
	"context"
	"testing"
)

// benchFlow returns a flow of the stages in a catalog, and what gives it a
// message of n events.
func benchFlow(b *testing.B, stages string, o Options, n int) func() {
	b.Helper()
	c := &o.Catalog
	c.Sinks = append(c.Sinks, DefineSink("nowhere", struct{}{}, func(struct{}, *Env) (Handler, error) {
		return func(context.Context, *Event) error { return nil }, nil
	}).Quick())
	c.Sources = append(c.Sources, DefineSource("none", struct{}{}, func(struct{}, *Env) (*Source, error) { return &Source{}, nil }))
	p, report := LoadText("p", "version: 1\nflows: {f: {from: none, stages: ["+stages+"], to: out}}\nsinks: {out: {nowhere: {}}}\n", o)
	if err := report.Err(); err != nil {
		b.Fatal(err)
	}
	f := p.flows[0]
	raw := []byte(`{"id":"1"}`)
	return func() {
		events := make([]*Event, n)
		for i := range events {
			events[i] = NewEvent("1", raw)
		}
		m := NewBatch(context.Background(), events)
		t := &ticket{slots: n, number: f.group.take(n), batch: &batch{events: events}}
		f.limits.admit(f.stopping, n)
		if err := f.consume(m, t, f.handle); err != nil {
			b.Fatal(err)
		}
	}
}

// yielding is a stage that lets others go on and waits for nothing.
var yielding = DefineStage("yielding", struct{}{}, func(struct{}, *Env) (Stage, error) {
	return Map(func(ctx context.Context, _ *Event) error {
		Yield(ctx)
		return nil
	}), nil
})

var passing = DefineStage("passing", struct{}{}, func(struct{}, *Env) (Stage, error) {
	return Map(func(context.Context, *Event) error { return nil }), nil
})

const passingFive = "passing, {name: b, passing: {}}, {name: c, passing: {}}, {name: d, passing: {}}, {name: e, passing: {}}"

// BenchmarkLane is what the engine costs an event of a message of 64 that waits
// for nothing, through five stages to a sink.
func BenchmarkLane(b *testing.B) { benchLane(b, passingFive) }

// BenchmarkLaneYield is the same for events that each let the next go on first.
func BenchmarkLaneYield(b *testing.B) { benchLane(b, passingFive+", yielding") }

func benchLane(b *testing.B, stages string) { benchLaneWith(b, stages, Options{}) }

func benchLaneWith(b *testing.B, stages string, o Options) {
	const n = 64
	o.Catalog = Catalog{Stages: []StageDef{passing, yielding}}
	give := benchFlow(b, stages, o, n)
	b.ReportAllocs()
	for i := 0; i < b.N; i += n {
		give()
	}
}

// BenchmarkExprTest is a condition that compares a field with strings.
func BenchmarkExprTest(b *testing.B) { benchExpr(b, `body.type.code in ["103", "104"]`) }

// BenchmarkExprVM is one that needs the virtual machine.
func BenchmarkExprVM(b *testing.B) { benchExpr(b, `body.n > 3 && body.type.code == "103"`) }

func benchExpr(b *testing.B, text string) {
	x, err := ParseExpr(text)
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(`{"parcel":"370724761431111111","n":7,"type":{"code":"103","text":"sent"},"at":"2026-03-31T12:00:00Z"}`)
	b.ReportAllocs()
	for b.Loop() {
		e := NewEvent("1", raw)
		if ok, err := x.Bool(e); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
