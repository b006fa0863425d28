package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const buried = `
version: 1
flows:
  f:
    from: feed
    stages: [%s]
    to: out
    on_error: {retry: {backoff: 1s..1s, give_up_after: 10s}, dead_letter: dead}
sinks: {out: record, dead: record}
`

// refuse is a stage that fails for good, mangle one that changes its event first.
var (
	refuse = stageOf("refuse", pipeline.Map(func(context.Context, *pipeline.Event) error {
		return pipeline.Reject(fmt.Errorf("read it: %w", errors.New("nonsense")))
	}))
	mangle = stageOf("mangle", pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
		e.SetBytes([]byte("mangled"))
		return nil
	}))
)

// letters runs a flow with these stages for one message and returns its dead
// letters, decoded and as text.
func letters(t *testing.T, list, payload string, fail func(sink string, e *pipeline.Event, attempt int) error) (out []pipeline.DeadLetter, texts []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, fmt.Sprintf(buried, list), flowtest.Options{
			Catalog: pipeline.Catalog{Stages: append(stages.All(), refuse, mangle)}, Fail: fail,
		})
		s := rig.Feed.SendMeta("m1", payload, map[string]string{"sns.shopId": "7"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if !s.Acked() {
			t.Error("the message is not settled")
		}
		for _, g := range rig.Recorder.Got("dead") {
			var d pipeline.DeadLetter
			decoder := json.NewDecoder(strings.NewReader(g.Body))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&d); err != nil {
				t.Fatalf("%s: %v", g.Body, err)
			}
			if g.ID != d.ID || g.Key != d.Key {
				t.Errorf("the letter about %s goes by %s", d.ID, g.ID)
			}
			out, texts = append(out, d), append(texts, g.Body)
		}
	})
	return out, texts
}

func TestADeadLetterTellsTheWholeStory(t *testing.T) {
	_, texts := letters(t, `{identify: {id: body.id, key: body.id, type: '"created"', time: {from: body.t, layout: unix}}, name: who}, refuse`, `{"id":"a","t":900000000}`, nil)
	want := `{"v":1,"time":"2000-01-01T00:00:00Z","flow":"f","stage":"refuse","error":"read it: nonsense","attempts":1,` +
		`"first_failed":"2000-01-01T00:00:00Z","received":"2000-01-01T00:00:00Z","id":"a","key":"a","type":"created",` +
		`"event_time":"1998-07-09T16:00:00Z","meta":{"sns.shopId":"7"},"payload":"{\"id\":\"a\",\"t\":900000000}"}`
	if len(texts) != 1 || texts[0] != want {
		t.Errorf("got  %s\nwant %s", texts, want)
	}
}

func TestADeadLetterOfASinkCountsItsAttempts(t *testing.T) {
	got, _ := letters(t, "", "x", func(sink string, _ *pipeline.Event, _ int) error {
		if sink == "out" {
			return errors.New("away")
		}
		return nil
	})
	if len(got) != 1 || got[0].Sink != "out" || got[0].Stage != "" || got[0].Error != "given up after 10s: away" || got[0].Attempts < 10 {
		t.Fatalf("got %+v", got)
	}
	if d := got[0]; d.Time.Sub(d.FirstFailed) < 10*time.Second || d.EventTime != nil {
		t.Errorf("first failed %s, given up %s, event time %v", d.FirstFailed, d.Time, d.EventTime)
	}
}

func TestDeadLettersKeepTheBytes(t *testing.T) {
	type kept struct{ payload, original string }
	show := func(text *string, raw []byte) string {
		switch {
		case text != nil && raw != nil:
			return "both"
		case text != nil:
			return "text " + *text
		case raw != nil:
			return fmt.Sprintf("base64 %q", raw)
		}
		return ""
	}
	for name, c := range map[string]struct {
		stages, payload string
		want            kept
	}{
		"as they came":     {"refuse", `{ "a" :1.0}`, kept{`text { "a" :1.0}`, ""}},
		"not UTF-8":        {"refuse", "a\xff", kept{`base64 "a\xff"`, ""}},
		"nothing":          {"refuse", "", kept{"text ", ""}},
		"changed":          {"mangle, refuse", "x", kept{"text mangled", "text x"}},
		"changed from raw": {"mangle, refuse", "\xff", kept{"text mangled", `base64 "\xff"`}},
		"a part":           {"{split: body.l}, refuse", `{"l":[{"a":1}]}`, kept{`text {"a":1}`, ""}},
		"a changed part":   {"{split: body.l}, mangle, refuse", `{"l":[{"a":1}]}`, kept{"text mangled", ""}},
	} {
		got, _ := letters(t, c.stages, c.payload, nil)
		if len(got) != 1 {
			t.Errorf("%s: %d dead letters", name, len(got))
			continue
		}
		if k := (kept{show(got[0].Payload, got[0].PayloadBase64), show(got[0].Original, got[0].OriginalBase64)}); k != c.want {
			t.Errorf("%s: %+v, want %+v", name, k, c.want)
		}
	}
}

func TestAnEventThatItsSourceCouldNotReadReachesNoStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reached := false
		touch := stageOf("touch", pipeline.Map(func(context.Context, *pipeline.Event) error { reached = true; return nil }))
		source := pipeline.DefineSource("batch", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
			e := pipeline.NewEvent("1", []byte("the first bytes"))
			e.Fail(errors.New("larger than 1MiB"))
			e.SetMeta("file.path", "x")
			return &pipeline.Source{Subscriber: once{pipeline.NewBatch(context.Background(), []*pipeline.Event{e})}, Finite: true, Hold: pipeline.Forever}, nil
		})
		yaml := strings.Replace(fmt.Sprintf(buried, "touch"), "feed", "batch", 1)
		rig := flowtest.Load(t, yaml, flowtest.Options{Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{touch}, Sources: []pipeline.SourceDef{source}}})
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Error(err)
		}
		got := rig.Recorder.Got("dead")
		var d pipeline.DeadLetter
		if len(got) != 1 || json.Unmarshal([]byte(got[0].Body), &d) != nil {
			t.Fatalf("dead letters: %+v", got)
		}
		if reached || d.Stage != "source" || d.Error != "larger than 1MiB" || *d.Payload != "the first bytes" || d.Meta["file.path"] != "x" {
			t.Errorf("reached a stage: %v; %s", reached, got[0].Body)
		}
	})
}

func TestWithoutDeadLettersWhatCannotBeHandledGoesBack(t *testing.T) {
	for name, yaml := range map[string]string{
		"none are configured":   "version: 1\nflows: {f: {from: feed, stages: [refuse], to: out}}\nsinks: {out: record}\n",
		"they cannot be kept":   fmt.Sprintf(buried, "refuse"),
		"no route takes it":     "version: 1\nflows: {f: {from: feed, stages: [{route: [{when: 'id == \"2\"', to: out}]}]}}\nsinks: {out: record}\n",
		"a stage has a mistake": "version: 1\nflows: {f: {from: feed, stages: [panics], to: out}}\nsinks: {out: record}\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				panics := stageOf("panics", pipeline.Map(func(context.Context, *pipeline.Event) error { panic("oh") }))
				rig := flowtest.Start(t, yaml, flowtest.Options{
					Catalog: pipeline.Catalog{Stages: append(stages.All(), refuse, panics)},
					Fail:    func(string, *pipeline.Event, int) error { return pipeline.Reject(errors.New("disk is full")) },
				})
				s := rig.Feed.Send("1", "{}")
				time.Sleep(time.Minute)
				synctest.Wait()
				if s.Acked() || s.Returned() != 1 || rig.Pipeline.Stats().Returned != 1 {
					t.Errorf("acknowledged %v, returned %d times, counted %d", s.Acked(), s.Returned(), rig.Pipeline.Stats().Returned)
				}
			})
		})
	}
}
