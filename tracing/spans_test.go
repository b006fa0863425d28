package tracing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

func TestSpansSayWhatBecameOfAnEvent(t *testing.T) {
	away := func(attempts int) func(string, *pipeline.Event, int) error {
		return func(sink string, _ *pipeline.Event, n int) error {
			if sink == "out" && n <= attempts {
				return errors.New("away")
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		stages, to string
		payloads   []string
		fail       func(string, *pipeline.Event, int) error
		want       string
	}{
		"it is delivered": {"{filter: body.n > 0}", "out", []string{`{"n":1}`}, nil, `
process f m0 settled 0s
. filter m0 passed_on 0s
. send out m0 settled 0s`},
		"a stage takes its time, and what follows has its own": {"slow, {filter: 'true'}", "out", []string{`{}`}, nil, `
process f m0 settled 3s
. slow m0 passed_on 3s
. filter m0 passed_on 0s
. send out m0 settled 0s`},
		"it is dropped": {"{filter: body.n > 0}", "out", []string{`{"n":0}`}, nil, `
process f m0 dropped 0s
. filter m0 dropped 0s`},
		"a copy is dropped": {"{identify: {id: body.id}}, dedupe", "out", []string{`{"id":"a"}`, `{"id":"a"}`}, nil, `
process f a settled 0s
. dedupe a passed_on 0s
. identify a passed_on 0s
. send out a settled 0s
process f a dropped 0s
. dedupe a dropped 0s
. identify a passed_on 0s`},
		"it is held": {"{identify: {key: '\"k\"', time: {from: body.t, layout: rfc3339}}}, {reorder: {window: 10s}}", "out", []string{`{"t":"2000-01-01T00:00:00Z"}`}, nil, `
process f m0 settled 10s
. identify m0 passed_on 0s
. reorder m0 passed_on 10s
. send out m0 settled 0s`},
		"each part": {"{split: {each: body}}, {filter: body != 2}", "out", []string{`[1,2]`}, nil, `
process f m0 settled 0s
. part m0#0 settled 0s
. . filter m0#0 passed_on 0s
. . send out m0#0 settled 0s
. part m0#1 dropped 0s
. . filter m0#1 dropped 0s
. split m0 passed_on 0s`},
		"a split of one is a part too": {"{split: {each: body}}", "out", []string{`[1]`}, nil, `
process f m0 settled 0s
. part m0#0 settled 0s
. . send out m0#0 settled 0s
. split m0 passed_on 0s`},
		"several sinks": {"", "[out, also]", []string{`{}`}, away(1), `
process f m0 settled 1s
. send also m0 settled 0s
. send out m0 settled 1s [attempt failed]`},
		"a copy on the way is no part": {"{copy: also}", "out", []string{`{}`}, nil, `
process f m0 settled 0s
. copy m0 passed_on 0s
. send also m0 settled 0s
. send out m0 settled 0s`},
		"parts to several sinks": {"{split: {each: body}}", "[out, also]", []string{`[1,2]`}, nil, `
process f m0 settled 0s
. part m0#0 settled 0s
. . send also m0#0 settled 0s
. . send out m0#0 settled 0s
. part m0#1 settled 0s
. . send also m0#1 settled 0s
. . send out m0#1 settled 0s
. split m0 passed_on 0s`},
		"a route": {"{route: [{when: body.n > 0, to: also}, {to: out}]}", "", []string{`{"n":1}`}, nil, `
process f m0 settled 0s
. route m0 passed_on 0s
. send also m0 settled 0s`},
		"no route": {"{route: [{when: body.n > 0, to: also}]}", "", []string{`{"n":0}`}, nil, `
process f m0 dead_letter 0s: dead letter
. route m0 passed_on 0s
. to m0 dead_letter 0s [attempt failed]: no route takes the event
. . send dead m0 settled 0s`},
		"each attempt": {"", "out", []string{`{}`}, away(1), `
process f m0 settled 1s
. send out m0 settled 1s [attempt failed]`},
		"it is rejected": {"refuse", "out", []string{`{}`}, nil, `
process f m0 dead_letter 0s: dead letter
. refuse m0 dead_letter 0s [attempt failed]: nonsense
. . send dead m0 settled 0s`},
		"a stage panics": {"panics", "out", []string{`{}`}, nil, `
process f m0 dead_letter 0s: dead letter
. panics m0 dead_letter 0s [attempt failed]: panic: oh
. . send dead m0 settled 0s`},
	} {
		t.Run(name, func(t *testing.T) {
			yaml := flowOf(c.stages, c.to)
			var messages []message
			for _, p := range c.payloads {
				messages = append(messages, message{payload: p})
			}
			for _, later := range []bool{false, true} {
				spans := run(t, yaml, flowtest.Options{Fail: c.fail, Later: func(string, *pipeline.Event) bool { return later }}, messages...)
				if got := tree(spans); got != strings.TrimSpace(c.want) {
					t.Errorf("later %t:\n%s\nwant:%s", later, got, c.want)
				}
				for _, s := range spans {
					if s.EndTime.IsZero() {
						t.Errorf("%s has not ended", s.Name)
					}
				}
			}
		})
	}
}

func TestSinkThatIsGivenUpHasAnErrorAndItsAttempts(t *testing.T) {
	spans := run(t, flowOf("", "out"), flowtest.Options{Fail: func(sink string, _ *pipeline.Event, _ int) error {
		if sink == "out" {
			return errors.New("away")
		}
		return nil
	}}, message{payload: "{}"})
	s := named(t, spans, "send out")
	if n := of(s, "leat.attempts"); len(s.Events) < 10 || n != fmt.Sprint(len(s.Events)) || of(s, "leat.outcome") != "dead_letter" || s.Status.Code != codes.Error || s.Status.Description != "away" {
		t.Errorf("%s attempts: %s", n, tree(spans))
	}
}

func TestSpansNameTheEventAndItsPlace(t *testing.T) {
	spans := run(t, flowOf("{identify: {key: body.k, type: '\"sent\"'}}, {name: mine, filter: 'false'}", "out"), flowtest.Options{}, message{payload: `{"k":"parcel"}`})
	event, stage := named(t, spans, "process f"), named(t, spans, "mine")
	for key, want := range map[string]string{"leat.flow": "f", "leat.source": "feed", "leat.type": "feed", "leat.event.id": "m0", "leat.event.key": "parcel", "leat.event.type": "sent", "leat.outcome": "dropped", "leat.dropped_by": "mine"} {
		if got := of(event, keyOf(key)); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	for key, want := range map[string]string{"leat.stage": "mine", "leat.type": "filter", "leat.event.key": "parcel"} {
		if got := of(stage, keyOf(key)); got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	if event.SpanKind != trace.SpanKindConsumer || stage.SpanKind != trace.SpanKindInternal {
		t.Error(event.SpanKind, stage.SpanKind)
	}
}

func TestLinkedFlowIsWithinTheFirst(t *testing.T) {
	spans := run(t, `
version: 1
flows:
  f: {from: feed, stages: [{filter: 'true'}], to: {flow: g}}
  g: {from: {link: {}}, stages: [{split: {each: body}}], to: out}
sinks: {out: record}
`, flowtest.Options{}, message{payload: "[1]"})
	if got, want := tree(spans), `process f m0 settled 0s
. filter m0 passed_on 0s
. process g m0 settled 0s
. . part m0#0 settled 0s
. . . send out m0#0 settled 0s
. . split m0 passed_on 0s`; got != want {
		t.Errorf("got:\n%s", got)
	}
	if k := named(t, spans, "send out").SpanKind; k != trace.SpanKindProducer {
		t.Error(k)
	}
}

// What goes back because the flow stops has nothing wrong with it; what it waited for may.
func TestEventThatGoesBackIsNoError(t *testing.T) {
	yaml := flowOf("{identify: {key: '\"k\"', time: {from: body.t, layout: rfc3339}}}, {reorder: {window: 1h}}", "out")
	spans := run(t, yaml, flowtest.Options{}, message{payload: `{"t":"2000-01-01T00:00:00Z"}`})
	if got, want := tree(spans), `process f m0 returned 1m1s
. identify m0 passed_on 0s
. reorder m0 returned 1m1s`; got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestErrorsHideSecretFields(t *testing.T) {
	yaml := strings.Replace(flowOf("", "out"), "dead_letter: dead", "dead_letter: dead, redact: token", 1)
	spans := run(t, yaml, flowtest.Options{Fail: func(sink string, _ *pipeline.Event, _ int) error {
		if sink == "out" {
			return pipeline.Reject(errors.New("refused hunter2hunter2"))
		}
		return nil
	}}, message{payload: `{"token":"hunter2hunter2"}`})
	for _, s := range spans {
		if all := fmt.Sprint(s); strings.Contains(all, "hunter2") {
			t.Errorf("%s", all)
		}
	}
}

func TestIDsThatAreNotUTF8DoNotKeepSpansFromBeingSent(t *testing.T) {
	spans := run(t, flowOf("", "out"), flowtest.Options{}, message{payload: "\xff", meta: map[string]string{"traceparent": "\xff\xfe"}})
	if got := of(named(t, spans, "send out"), "leat.event.id"); got != "m0" {
		t.Error(got)
	}
}

func TestWhatIsNotSampledLeavesNoSpans(t *testing.T) {
	spans := runWith(t, flowOf("{split: {each: body}}", "[out, also]"), flowtest.Options{}, "", sdk.NeverSample(), message{payload: "[1,2]"})
	if len(spans) > 0 {
		t.Error(tree(spans))
	}
}
