package stages_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"pgregory.net/rapid"
)

// This test makes parts and copies of events with stages of all kinds on the way, which
// return before the event is settled or after it, and sinks that say sooner, later, or
// after a few attempts that they have stored one. However these are put together, each
// event is settled exactly once at each sink, and a message only after all of its are.
func TestWhatIsSettledLaterIsSettledOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTree(rt)
		synctest.Test(t, tr.run)
		if len(tr.wrong) > 0 {
			rt.Fatalf("%+v\n%s", tr, strings.Join(tr.wrong, "\n"))
		}
	})
}

// tree is a flow and what its sinks do.
type tree struct {
	messages, parts, inFlight int
	stages                    []string
	takes                     []int  // seconds for an attempt, in turn
	fails                     []int  // attempts that fail, in turn; more than three: each is rejected
	later                     []bool // in turn
	stop                      time.Duration
	spans                     *spanBook // nil: nobody traces

	mu    sync.Mutex
	turns int
	wrong []string

	inside atomic.Int32 // events that a stage has passed on and not got back
}

func drawTree(rt *rapid.T) *tree {
	stage := rapid.SampledFrom([]string{"parts: {}", "copy: copies", "through: {}", "around: {}", "wait: {}", "asked: {}", "blind: {}", "dedupe: {}", order, order})
	var spans *spanBook
	if rapid.Bool().Draw(rt, "traced") {
		spans = newSpanBook(rapid.IntRange(0, 3).Draw(rt, "skip"))
	}
	return &tree{
		spans:    spans,
		messages: rapid.IntRange(1, 8).Draw(rt, "messages"),
		parts:    rapid.IntRange(0, 3).Draw(rt, "parts"),
		inFlight: rapid.SampledFrom([]int{1, 2, 3, 1000}).Draw(rt, "max_in_flight"),
		stages:   rapid.SliceOfN(stage, 0, 5).Draw(rt, "stages"),
		takes:    rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 20}), 1, 7).Draw(rt, "takes"),
		fails:    rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 3, 9}), 1, 7).Draw(rt, "fails"),
		later:    rapid.SliceOfN(rapid.Bool(), 1, 5).Draw(rt, "later"),
		stop:     time.Duration(rapid.SampledFrom([]int{0, 1, 20, 100_000}).Draw(rt, "stop")) * time.Second,
	}
}

func (tr *tree) yaml() string {
	var stages strings.Builder
	stages.WriteString("      - identify: {key: id}\n")
	for _, s := range onceOrdered(tr.stages) {
		stages.WriteString("      - " + s + "\n")
	}
	return fmt.Sprintf(`version: 1
stop_timeout: 1000h
flows:
  tree:
    from: feed
    max_in_flight: %d
    stages:
%s    to: [out, also, copies]
    on_error: {dead_letter: dead}
sinks: {out: record, also: record, copies: record, dead: record}
`, tr.inFlight, stages.String())
}

// onceOrdered leaves out what would put events in order again.
func onceOrdered(stages []string) []string {
	ordered := false
	return slices.DeleteFunc(slices.Clone(stages), func(s string) bool {
		again := ordered && s == order
		ordered = ordered || s == order
		return again
	})
}

const order = "reorder: {by: arrival}"

func (tr *tree) run(t *testing.T) {
	c := catalog()
	asked := &asked{}
	c.Stages = append(c.Stages, tr.defineParts(), blind, through, wait, tr.defineAround(), asked.define())
	o := flowtest.Options{Catalog: c, Fail: tr.fail, Later: tr.isLater, Source: &pipeline.Source{Hold: pipeline.Forever, Ordered: true}}
	if tr.spans != nil {
		o.Tracer = tr.spans
	}
	rig := flowtest.Load(t, tr.yaml(), o)
	rig.Run()
	var sent []*flowtest.Sent
	for i := range tr.messages {
		sent = append(sent, rig.Feed.Send(strconv.Itoa(i), "{}"))
	}
	settle(tr.stop)
	if err := rig.Stop(); err != nil {
		tr.wrong = append(tr.wrong, err.Error())
	}
	synctest.Wait()
	tr.check(rig, sent)
}

// turn counts, so that neighbours differ.
func (tr *tree) turn() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.turns++
	return tr.turns
}

func (tr *tree) isLater(string, *pipeline.Event) bool { return tr.later[tr.turn()%len(tr.later)] }

// fail is what a sink says to an attempt. Events of the same name fare alike.
func (tr *tree) fail(sink string, e *pipeline.Event, attempt int) error {
	time.Sleep(time.Duration(tr.takes[tr.turn()%len(tr.takes)]) * time.Second)
	name := len(sink)
	for _, c := range e.ID {
		name = name*7 + int(c)
	}
	switch fails := tr.fails[name%len(tr.fails)]; {
	case sink == "dead":
	case fails > 3:
		return pipeline.Reject(errors.New("not like this"))
	case attempt <= fails:
		return errAway
	}
	return nil
}

// check compares what reached the sinks with what had to.
func (tr *tree) check(rig *flowtest.Rig, sent []*flowtest.Sent) {
	settled := map[string]int{}
	for _, sink := range []string{"out", "also", "copies"} {
		for _, g := range rig.Recorder.Got(sink) {
			settled[sink+" "+g.ID]++
		}
	}
	for _, g := range rig.Recorder.Got("dead") {
		var d pipeline.DeadLetter
		if err := json.Unmarshal([]byte(g.Body), &d); err != nil {
			tr.wrong = append(tr.wrong, err.Error())
		}
		settled[d.Sink+" "+d.ID]++
	}
	for i, s := range sent {
		due := tr.due(strconv.Itoa(i))
		for what, n := range due {
			if got := settled[what]; got > n || s.Acked() && got < n {
				tr.wrong = append(tr.wrong, fmt.Sprintf("%s was settled %d times, want %d; its message is acknowledged: %t", what, got, n, s.Acked()))
			}
		}
		if tr.stop > 10_000*time.Second && !s.Acked() {
			tr.wrong = append(tr.wrong, fmt.Sprintf("message %d is not settled in the end", i))
		}
		maps.DeleteFunc(settled, func(what string, _ int) bool { return due[what] > 0 })
	}
	if len(settled) > 0 {
		tr.wrong = append(tr.wrong, fmt.Sprint("nobody sent ", settled))
	}
	if tr.spans != nil {
		tr.wrong = append(tr.wrong, tr.spans.check()...)
	}
	if n := tr.inside.Load(); n != 0 {
		tr.wrong = append(tr.wrong, fmt.Sprintf("a stage has not got back %d events", n))
	}
	if s := rig.Pipeline.Stats(); s.InFlight != 0 || s.Held != 0 {
		tr.wrong = append(tr.wrong, fmt.Sprintf("%d in flight and %d held in the end", s.InFlight, s.Held))
	}
}

// due is how often each event that comes of a message has to be settled at each sink.
func (tr *tree) due(id string) map[string]int {
	due, events := map[string]int{}, []string{id}
	for _, stage := range tr.stages {
		switch stage {
		case "parts: {}":
			events = children(events, tr.parts)
		case "blind: {}":
			events = children(events, 2)
		case "copy: copies":
			for _, e := range events {
				due["copies "+e]++
			}
		}
	}
	for _, e := range events {
		due["out "+e], due["also "+e], due["copies "+e] = 1, 1, due["copies "+e]+1
	}
	return due
}

func children(events []string, n int) (all []string) {
	for _, e := range events {
		for i := range n {
			all = append(all, fmt.Sprint(e, ".", i))
		}
	}
	return all
}

// partsOf makes n events of one.
func partsOf(e *pipeline.Event, n int) (out []*pipeline.Event) {
	for i := range n {
		child := e.Child(i, []byte("{}"))
		child.ID = fmt.Sprint(e.ID, ".", i)
		out = append(out, child)
	}
	return out
}

func (tr *tree) defineParts() pipeline.StageDef {
	return pipeline.DefineStage("parts", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
		return pipeline.FlatMap(func(_ context.Context, e *pipeline.Event) ([]*pipeline.Event, error) {
			return partsOf(e, tr.parts), nil
		}), nil
	}).Passes()
}

// stageOf declares a stage without settings.
func stageOf(name string, handle func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error) pipeline.StageDef {
	return pipeline.DefineStage(name, struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
		return func(next pipeline.Handler) pipeline.Handler {
			return func(ctx context.Context, e *pipeline.Event) error { return handle(ctx, e, next) }
		}, nil
	})
}

var (
	// blind makes two events of one and knows nothing of later.
	blind = stageOf("blind", func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
		return mustKnow(pipeline.Each(ctx, partsOf(e, 2), next))
	})
	// through knows nothing of later either.
	through = stageOf("through", func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
		return mustKnow(next(ctx, e))
	})
	// wait waits before.
	wait = stageOf("wait", func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
		pipeline.Yield(ctx)
		time.Sleep(time.Second)
		return next(ctx, e)
	}).Passes()
)

// defineAround is a stage that does something after the event is settled.
func (tr *tree) defineAround() pipeline.StageDef {
	return stageOf("around", func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
		tr.inside.Add(1)
		return pipeline.Then(ctx, e, next, func(err error) error {
			tr.inside.Add(-1)
			return mustKnow(err)
		})
	}).Passes()
}

// mustKnow ends the test for a stage that sees what it must not.
func mustKnow(err error) error {
	if errors.Is(err, pipeline.ErrLater) {
		panic("the stage was told that the outcome is known later")
	}
	return err
}

// asked is a stage that asks somebody who answers once a second, for all together.
type asked struct {
	mu    sync.Mutex
	next  *pipeline.Convoy
	count int
}

func (a *asked) define() pipeline.StageDef {
	return stageOf("asked", func(ctx context.Context, e *pipeline.Event, next pipeline.Handler) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.next == nil {
			a.next = &pipeline.Convoy{}
			go a.answerIn(time.Second * time.Duration(a.count%2))
		}
		a.count++
		again := a.count%3 == 0
		a.next.Add(pipeline.Later(ctx), rest(func() error {
			if again {
				return errAway
			}
			return next(ctx, e)
		}))
		return pipeline.ErrLater
	}).Passes()
}

type rest func() error

func (r rest) GoOn() error { return r() }

func (a *asked) answerIn(d time.Duration) {
	time.Sleep(d)
	a.mu.Lock()
	c := a.next
	a.next = nil
	a.mu.Unlock()
	c.Go()
}
