package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// entries are the places of a flow at which replayed events can enter it.
type entries struct {
	flow   *flow
	replay *Replay // what the pipeline was loaded for; nil: it runs, and letters may come too
	stages map[string]Handler
	sinks  map[string]Handler
	start  Handler // nil: the sources of the flow begin with different stages
}

// add makes a place known that chain has built. Of two presets with the same stages
// each has its own.
func (en *entries) add(name string, h Handler) {
	en.stages[name] = h
}

// complete adds the sinks of the file, also those that the flow sends nothing to any
// longer, and the start of the flow.
func (en *entries) complete(problems *conf.Problems) {
	p := en.flow.pipeline
	for _, s := range p.sinks {
		used, first := s.used, len(p.steps)
		en.sinks[s.name] = p.resolve(en.flow, &Target{Sink: s.name}, problems)
		s.used = used
		for _, step := range p.steps[first:] {
			step.entry = true
		}
	}
	own := en.flow.sources
	if n := len(own) - 1; en.replay != nil {
		own[n].handle = en.handle
		own = own[:n]
	}
	switch {
	case !slices.ContainsFunc(own, func(s *namedSource) bool { return len(s.stages) > 0 }):
		en.start = en.flow.handle
	case len(own) == 1 && !en.flow.linked:
		en.start = own[0].handle
	}
	en.flow.traceSources()
}

// Replayable reports why a letter cannot be replayed by this pipeline, which was loaded
// with [Options].Replay; nil if it can.
func (p *Pipeline) Replayable(d *DeadLetter) error {
	f := p.flow(d.Flow)
	if f == nil {
		names := namesOf(p.flows, func(f *flow) string { return f.name })
		return fmt.Errorf("there is no flow %q any longer%s", d.Flow, didYouMean(d.Flow, names))
	}
	if f.entries.replay == nil {
		return errors.New("the pipeline was not loaded for a replay")
	}
	_, err := f.entries.entry(d, f.entries.replay)
	return err
}

// entry returns what the event of a letter has to go through.
func (en *entries) entry(d *DeadLetter, r *Replay) (Handler, error) {
	switch {
	case d.Redacted && !r.Redacted:
		return nil, errors.New("secret fields were hidden in the letter, so that the event would arrive with [redacted] in their place; with --redacted it does")
	case d.Sink == "" && d.Stage == sourceStep:
		return nil, errors.New("its source could not read it, and what the letter holds need not be all of it: mend it where it comes from")
	case r.FromStart:
		return en.fromStart(d)
	case d.Sink != "":
		return find(en.sinks, d.Sink, "sink")
	case r.OnlySinks:
		return nil, errors.New("only letters of sinks can be replayed without the stages")
	}
	h, err := find(en.stages, d.Stage, "stage")
	if err != nil {
		return nil, fmt.Errorf("flow %q has no stage %q any longer%s; give the stage that it should enter that name, or replay it with --from-start", d.Flow, d.Stage, didYouMean(d.Stage, slices.Collect(maps.Keys(en.stages))))
	}
	return h, nil
}

func (en *entries) fromStart(d *DeadLetter) (Handler, error) {
	switch {
	case d.Part:
		return nil, errors.New("it is a part of a message that was split, and the message is not in the letter: replay it without --from-start")
	case en.start == nil:
		return nil, fmt.Errorf("flow %q has several sources that begin with stages of their own, and the letter does not say which it came from: replay it without --from-start", d.Flow)
	}
	return en.start, nil
}

func find(places map[string]Handler, name, kind string) (Handler, error) {
	if h := places[name]; h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("there is no %s %q any longer%s", kind, name, didYouMean(name, slices.Collect(maps.Keys(places))))
}

// behindDedupe reports whether the letter was written while its event had a claim, with
// which it is remembered as settled.
func (en *entries) behindDedupe(d *DeadLetter) bool {
	dedupe := slices.IndexFunc(en.flow.stages, func(s *builtStage) bool { return s.traits.Dedupes })
	failed := slices.IndexFunc(en.flow.stages, func(s *builtStage) bool { return s.address == d.Stage })
	return dedupe >= 0 && (d.Sink != "" || d.Stage == endStep || failed > dedupe)
}

// event returns the event of a letter as it was when it failed, or for the start of its
// flow. It has no identity of a source: what was noted of it there would have its next
// dead letter taken for a copy.
func (l *Letter) event(fromStart bool) *Event {
	body := l.Body()
	if fromStart {
		body = l.Source()
	}
	e := NewEvent("", body)
	e.ID, e.Key, e.Type = l.ID, l.Key, l.Type
	if !fromStart {
		e.origin = l.Source()
	}
	if l.EventTime != nil {
		e.Time = *l.EventTime
	}
	if l.Received != nil {
		e.Received = *l.Received
	}
	if l.Part {
		e.level = 1
	}
	for _, name := range slices.Sorted(maps.Keys(l.Meta)) {
		if !fromStart || !strings.HasPrefix(name, "leat.") {
			e.SetMeta(name, l.Meta[name])
		}
	}
	e.SetMeta(MarkReplayed, "true")
	return e
}

func didYouMean(name string, known []string) string {
	if near := conf.Nearest(name, known); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}
