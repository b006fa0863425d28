package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const metered = `
version: 1
flows:
  f:
    from: feed
    stages: [%s]
    to: %s
    on_error: {retry: {backoff: 1s..1s, give_up_after: 10s}, dead_letter: dead}
sinks: {out: record, dead: record}
`

// measured runs a flow in virtual time for messages that are sent one after another, and
// returns what was counted and timed: "in out inside count seconds" of each part.
func measured(t *testing.T, list, to string, payloads []string, o flowtest.Options) (map[string]string, pipeline.Measured) {
	t.Helper()
	var m pipeline.Measured
	synctest.Test(t, func(t *testing.T) {
		o.Measure = true
		o.Catalog.Stages = append(stages.All(), o.Catalog.Stages...)
		rig := flowtest.Start(t, fmt.Sprintf(metered, list, to), o)
		for i, p := range payloads {
			rig.Feed.Send(fmt.Sprint(i), p)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		rig.Stop()
		m = rig.Pipeline.Measured()
	})
	lines := map[string][5]int64{}
	note := func(o pipeline.Owner, i int, n int64) {
		name := o.Part
		l := lines[name]
		l[i] = n
		lines[name] = l
	}
	for _, c := range m.Counts {
		if i := slices.Index([]string{pipeline.CountIn, pipeline.CountOut}, c.Name); i >= 0 {
			note(c.Owner, i, c.Value)
		}
	}
	for _, g := range m.Gauges {
		if g.Name == pipeline.GaugeInside {
			note(g.Owner, 2, g.Value)
		}
	}
	for _, c := range m.Timings {
		if c.Name == pipeline.TimeInside {
			note(c.Owner, 3, int64(c.Count))
			note(c.Owner, 4, int64(c.Sum/time.Second))
		}
	}
	texts := map[string]string{}
	for name, l := range lines {
		texts[name] = strings.Trim(fmt.Sprint(l), "[]")
	}
	return texts, m
}

func wantMeasured(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: in, out, inside, timed, seconds: %s, want %s", name, got[name], want[name])
		}
	}
}

// slow is a stage that takes 3 seconds.
var slow = stageOf("slow", pipeline.Map(func(ctx context.Context, _ *pipeline.Event) error {
	pipeline.Yield(ctx)
	time.Sleep(3 * time.Second)
	return nil
}))

func count(m pipeline.Measured, name, part, reason string) (n int64) {
	for _, c := range m.Counts {
		if c.Name == name && c.Part == part && c.Reason == reason {
			n += c.Value
		}
	}
	return n
}

func TestMeterCountsWhatEntersAndLeaves(t *testing.T) {
	got, m := measured(t, "slow, filter: {when: body.n > 1}", "out", []string{`{"n":1}`, `{"n":2}`, `{"n":3}`}, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{slow}}})
	wantMeasured(t, got, map[string]string{"slow": "3 3 0 3 9", "filter": "3 2 0 3 0", "out": "2 2 0 2 0"})
	if n := count(m, pipeline.CountRead, "feed", ""); n != 3 {
		t.Errorf("read %d", n)
	}
}

func TestMeterCountsThePartsOfASplitAndTimesThemByEighths(t *testing.T) {
	parts := `[` + strings.Repeat(`{},`, 19) + `{}]`
	got, _ := measured(t, "split: {each: body}", "out", []string{parts}, flowtest.Options{})
	wantMeasured(t, got, map[string]string{"split": "1 20 0 1 0", "out": "20 20 0 20 0"})
}

func TestMeterCountsAnEventForSeveralTargetsOnce(t *testing.T) {
	got, _ := measured(t, "slow", "[out, dead]", []string{`{}`}, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{slow}}})
	wantMeasured(t, got, map[string]string{"slow": "1 1 0 1 3", "out": "1 1 0 1 0", "dead": "1 1 0 1 0"})
}

func TestMeterKeepsDeadLettersApartFromWhatGoesOn(t *testing.T) {
	got, m := measured(t, "refuse", "out", []string{`{}`, `{}`}, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{refuse}}})
	wantMeasured(t, got, map[string]string{"refuse": "2 0 0 2 0", "dead": "2 2 0 2 0"})
	if n := count(m, pipeline.CountDead, "refuse", pipeline.DeadRejected); n != 2 {
		t.Errorf("dead letters: %d", n)
	}
}

func TestMeterCountsFurtherAttemptsAndTheirTime(t *testing.T) {
	got, m := measured(t, "", "out", []string{`{}`}, flowtest.Options{Fail: func(sink string, _ *pipeline.Event, attempt int) error {
		if sink == "out" && attempt < 3 {
			return errors.New("away")
		}
		return nil
	}})
	if n := count(m, pipeline.CountRetried, "out", ""); n != 2 {
		t.Errorf("retried %d", n)
	}
	wantMeasured(t, got, map[string]string{"out": "1 1 0 1 1"}) // two pauses of 0.5 s to 1 s
}

func TestMeterSaysWhyEventsBecameDeadLetters(t *testing.T) {
	panics := stageOf("panics", pipeline.Map(func(context.Context, *pipeline.Event) error { panic("oh") }))
	for _, c := range []struct {
		stage, to, part, reason string
		fail                    error
	}{
		{"panics", "out", "panics", pipeline.DeadPanic, nil},
		{"", "out", "out", pipeline.DeadGivenUp, errors.New("away")},
		{"", "out", "out", pipeline.DeadRejected, pipeline.Reject(errors.New("no"))},
		{`{route: [{when: "false", to: out}]}`, "null", "to", pipeline.DeadNoRoute, nil},
	} {
		t.Run(c.part+" "+c.reason, func(t *testing.T) {
			_, m := measured(t, c.stage, c.to, []string{`{}`}, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{panics}}, Fail: func(sink string, _ *pipeline.Event, _ int) error {
				if sink == "out" {
					return c.fail
				}
				return nil
			}})
			if n := count(m, pipeline.CountDead, c.part, c.reason); n != 1 {
				t.Errorf("%d dead letters of %s for %s", n, c.part, c.reason)
			}
		})
	}
}

func TestMeterTimesWhatASinkSettlesLater(t *testing.T) {
	got, _ := measured(t, "slow", "out", []string{`{}`, `{}`}, flowtest.Options{
		Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{slow}},
		Later:   func(string, *pipeline.Event) bool { return true },
	})
	wantMeasured(t, got, map[string]string{"slow": "2 2 0 2 6", "out": "2 2 0 2 0"})
}

func TestMeterTimesTheWholeWay(t *testing.T) {
	at := `{identify: {time: body.at}}`
	_, m := measured(t, at+", slow", "out", []string{`{"at":"1999-12-31T23:00:00Z"}`}, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{slow}}})
	sums := map[string]time.Duration{}
	for _, c := range m.Timings {
		sums[c.Name] += c.Sum
	}
	if got := sums[pipeline.TimeFromReceipt]; got != 3*time.Second {
		t.Errorf("from receipt: %s", got)
	}
	if got := sums[pipeline.TimeFromEvent]; got != time.Hour+3*time.Second {
		t.Errorf("from the event: %s", got)
	}
}

func TestNothingIsTimedUnlessAskedFor(t *testing.T) {
	rig := flowtest.Load(t, fmt.Sprintf(metered, "dedupe", "out"), flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}})
	if m := rig.Pipeline.Measured(); len(m.Timings) != 0 {
		t.Errorf("%d timings", len(m.Timings))
	}
}

func TestCallsOfTheStateAreTimedWithTheirErrors(t *testing.T) {
	state := flowtest.NewState()
	state.Break(errors.New("away"))
	_, m := measured(t, "dedupe: {on_state_error: deliver}", "out", []string{`{}`}, flowtest.Options{State: state})
	for _, c := range m.Timings {
		if c.Kind == pipeline.KindState && c.Name == pipeline.TimeClaim {
			if c.Count == 0 || c.Failed == 0 || c.Part != "dedupe" {
				t.Errorf("%+v", c)
			}
			return
		}
	}
	t.Error("claims are not timed")
}
