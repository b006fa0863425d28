package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

func standard() pipeline.Catalog { return pipeline.Catalog{Stages: stages.All()} }

// problemsOf are what a file is refused for and warned of.
func problemsOf(yaml string, o flowtest.Options) string {
	_, err := flowtest.TryLoad(yaml, o)
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestAnEventIsSettledWhenTheFlowItWentOnToHasSettledIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, `
version: 1
flows:
  first: {from: feed, to: {flow: second}}
  second: {from: {link: {}}, stages: [filter: body.n != 3], to: {flow: third}}
  third: {from: link, to: out, on_error: {retry: {backoff: 1s..1s}}}
sinks: {out: record}
`, flowtest.Options{Catalog: standard(), Fail: func(_ string, e *pipeline.Event, attempt int) error {
			if e.ID == "1" && attempt < 3 {
				return errors.New("away")
			}
			if e.ID == "2" {
				return pipeline.Reject(errors.New("no"))
			}
			return nil
		}})
		retried, refused, filtered := rig.Feed.Send("1", `{"n":1}`), rig.Feed.Send("2", `{"n":2}`), rig.Feed.Send("3", `{"n":3}`)
		synctest.Wait()
		if retried.Acked() || refused.Acked() || !filtered.Acked() {
			t.Errorf("at first: %v %v %v", retried.Acked(), refused.Acked(), filtered.Acked())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !retried.Acked() || refused.Acked() || refused.Returned() != 1 {
			t.Errorf("in the end: %v %v, returned %d times", retried.Acked(), refused.Acked(), refused.Returned())
		}
		if s := rig.Pipeline.Stats(); s.InFlight != 0 || s.Held != 0 {
			t.Errorf("%d in flight, %d held", s.InFlight, s.Held)
		}
	})
}

func TestTwoFlowsThatChangeAnEventDoNotSeeEachOthersChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, `
version: 1
flows:
  first: {from: feed, to: [{flow: a}, {flow: b}, out]}
  a: {from: link, stages: [map: {set: {body.by: '"a"', id: '"a"', meta.by: '"a"'}}], to: fromA}
  b: {from: link, stages: [map: {set: {body.by: '"b"', id: '"b"', meta.by: '"b"'}, delete: body.x}], to: fromB}
sinks: {fromA: record, fromB: record, out: record}
`, flowtest.Options{Catalog: standard(), Fail: func(_ string, _ *pipeline.Event, attempt int) error {
			if attempt == 1 {
				return errors.New("away") // so that all of them are under way together
			}
			return nil
		}})
		s := rig.Feed.Send("1", `{"x":1}`)
		time.Sleep(time.Minute)
		synctest.Wait()
		for sink, want := range map[string]string{"fromA": `a {"x":1,"by":"a"} map[by:a]`, "fromB": `b {"by":"b"} map[by:b]`, "out": `1 {"x":1} map[]`} {
			got := rig.Recorder.Got(sink)
			if len(got) != 1 {
				t.Errorf("%s got %d events", sink, len(got))
			} else if text := fmt.Sprint(got[0].ID, " ", got[0].Body, " ", got[0].Meta); text != want {
				t.Errorf("%s got %s, want %s", sink, text, want)
			}
		}
		if !s.Acked() {
			t.Error("not settled")
		}
	})
}

func TestAReplayIsPutInOrderBehindALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Load(t, `
version: 1
flows:
  first: {from: feed, stages: [filter: body.k != "drop"], to: {flow: second}, max_in_flight: 2}
  second:
    from: link
    stages:
      - identify: {id: body.id, key: body.k, time: {from: body.t, layout: unix}}
      - reorder: {window: 10m}
    to: out
sinks: {out: record}
`, flowtest.Options{Catalog: standard(), Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever}})
		var sent []*flowtest.Sent
		for i, k := range []string{"a", "drop", "b", "a", "b", "a", "drop", "a"} {
			sent = append(sent, rig.Feed.Send("", fmt.Sprintf(`{"id":"%d","k":%q,"t":%d}`, i, k, 900_000_000+100-i)))
		}
		rig.Feed.End()
		begun := time.Now()
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Error(err)
		}
		byKey := map[string][]string{}
		for _, g := range rig.Recorder.Got("out") {
			byKey[g.Key] = append(byKey[g.Key], g.ID)
		}
		if !slices.Equal(byKey["a"], []string{"7", "5", "3", "0"}) || !slices.Equal(byKey["b"], []string{"4", "2"}) {
			t.Errorf("left as %v", byKey)
		}
		took := time.Since(begun)
		synctest.Wait() // the router acknowledges after the flow has ended
		for i, s := range sent {
			if !s.Acked() {
				t.Errorf("message %d is not settled", i)
			}
		}
		if took > time.Second {
			t.Errorf("the replay took %s, as if its clock were that of the wall", took)
		}
	})
}

func TestLinksThatCannotWorkAreRefused(t *testing.T) {
	const sinks = "\nsinks: {out: record}\n"
	const holds = "stages: [{identify: {key: body.k, time: {from: body.t}}}, {reorder: {window: 2m}}]"
	for name, c := range map[string]struct{ flows, want string }{
		"a cycle":             {"a: {from: feed, to: {flow: b}}\n  b: {from: link, to: {flow: c}}\n  c: {from: link, to: [out, {flow: b}]}", `flow "b" calls itself: b → c → b`},
		"itself":              {"a: {from: [feed, link], to: [out, {flow: a}]}", `flow "a" calls itself: a → a`},
		"no link":             {"a: {from: feed, to: {flow: b}}\n  b: {from: feed, to: out}", `flow "b" takes no events from other flows: give it "from: {link: {}}"`},
		"never called":        {"a: {from: feed, to: out}\n  b: {from: link, to: out}", `no event reaches flow "b"`},
		"no such flow":        {"a: {from: feed, to: {flow: bb}}\n  bbb: {from: link, to: out}", `there is no flow "bb"`},
		"dead letters":        {"a: {from: feed, to: out, on_error: {dead_letter: {flow: b}}}\n  b: {from: link, to: out}", "dead_letter: want the name of a sink, not a flow"},
		"held too long":       {"a: {from: feed, to: {flow: b}}\n  b: {from: link, " + holds + ", to: out}", "source feed can leave an event unacknowledged for 3m, and the flow holds events for 4m"},
		"held behind another": {"a: {from: feed, to: {flow: b}}\n  b: {from: link, to: {flow: c}}\n  c: {from: link, " + holds + ", to: out}", "the flow holds events for 4m"},
	} {
		source := &pipeline.Source{Hold: 3 * time.Minute}
		if !strings.HasPrefix(name, "held") {
			source.Hold = pipeline.Forever
		}
		yaml := strings.Replace("version: 1\nflows:\n  "+c.flows+sinks, "window: 2m", "window: 4m", 1)
		if got := problemsOf(yaml, flowtest.Options{Catalog: standard(), Source: source}); !strings.Contains(got, c.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestAFlowThatIsCalledFromTwoPlacesHoldsAnEventOnlyOnce(t *testing.T) {
	yaml := `
version: 1
flows:
  a: {from: feed, stages: [{route: [{when: body.x == "1", to: {flow: b}}, {to: {flow: b}}]}]}
  b: {from: link, stages: [{identify: {key: body.k, time: {from: body.t}}}, {reorder: {window: 2m}}], to: out}
sinks: {out: record}
`
	o := flowtest.Options{Catalog: standard(), Source: &pipeline.Source{Hold: 3 * time.Minute}}
	if got := problemsOf(yaml, o); got != "" {
		t.Errorf("refused: %s", got)
	}
}
