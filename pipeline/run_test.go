package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
	"go.uber.org/goleak"
)

// journal notes what the hooks of a catalog's parts did.
type journal struct {
	entries   []string
	failStart string // the part that cannot be started
}

func (j *journal) note(env *pipeline.Env) {
	env.OnStart(func(context.Context) error {
		j.entries = append(j.entries, "start "+env.Name)
		if env.Name == j.failStart {
			return errors.New("no such luck")
		}
		return nil
	})
	env.OnClose(func() error {
		j.entries = append(j.entries, "close "+env.Name)
		return nil
	})
}

func (j *journal) catalog() pipeline.Catalog {
	return pipeline.Catalog{
		Stages: []pipeline.StageDef{pipeline.DefineStage("noted", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Stage, error) {
			j.note(env)
			return pipeline.Chain(), nil
		})},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("noting", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
			j.note(env)
			return func(context.Context, *pipeline.Event) error {
				j.entries = append(j.entries, "event")
				return nil
			}, nil
		})},
	}
}

const noted = `
version: 1
flows: {f: {from: feed, stages: [noted: {}, noted: {}], to: out}}
sinks: {out: noting}
`

func TestPartsAreStartedInOrderAndClosedInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{}
		rig := flowtest.Load(t, noted, flowtest.Options{Catalog: j.catalog()})
		if len(j.entries) > 0 {
			t.Errorf("before Run: %q", j.entries)
		}
		rig.Feed.Send("1", "x")
		rig.Feed.End()
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Error(err)
		}
		want := []string{"start out", "start noted", "start noted#2", "event", "close noted#2", "close noted", "close out"}
		if !slices.Equal(j.entries, want) {
			t.Errorf("got  %q\nwant %q", j.entries, want)
		}
		if err := rig.Pipeline.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "runs once") {
			t.Errorf("second run: %v", err)
		}
		if len(j.entries) != len(want) {
			t.Errorf("the second run has started something: %q", j.entries)
		}
	})
}

func TestWhatWasStartedIsClosedWhenAPartCannotBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &journal{failStart: "noted"}
		rig := flowtest.Load(t, noted, flowtest.Options{Catalog: j.catalog()})
		sent := rig.Feed.Send("1", "x")
		rig.Run()
		if err := rig.Wait(); err == nil || err.Error() != "f/noted: no such luck" {
			t.Errorf("Run: %v", err)
		}
		for _, want := range []string{"start out", "close out"} {
			if !slices.Contains(j.entries, want) {
				t.Errorf("no %q in %q", want, j.entries)
			}
		}
		if slices.Contains(j.entries, "start noted#2") || slices.Contains(j.entries, "event") || sent.Acked() {
			t.Errorf("it went on: %q", j.entries)
		}
	})
}

// everything is a flow of parts that open files, sockets and databases.
const everything = `
version: 1
state: {embedded: {path: state/leat.db}}
flows:
  f:
    from: [{file: {path: in.jsonl}}]
    stages:
      - identify: {id: body.id, key: body.id, time: {from: body.t, layout: unix}}
      - dedupe: {}
      - reorder: {window: 1m}
    to: [out, web]
    on_error: {dead_letter: dead}
sinks:
  out: {file: {path: out/all.jsonl}}
  web: {http: {url: "http://127.0.0.1:1/"}}
  dead: {file: {path: dead.jsonl}}
`

func TestLoadingStartsAndOpensNothing(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("pipeline.yaml", []byte(everything), 0o644); err != nil {
		t.Fatal(err)
	}
	running := goleak.IgnoreCurrent()
	p, err := pipeline.Load("pipeline.yaml", pipeline.Options{
		Catalog: pipeline.Catalog{Stages: stages.All(), Sources: providers.Sources(), Sinks: providers.Sinks(), States: state.All()},
	})
	if err != nil || p == nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, running)
	files, err := filepath.Glob("*")
	if err != nil || !slices.Equal(files, []string{"pipeline.yaml"}) {
		t.Errorf("after Load there are %q, %v", files, err)
	}
}

func TestASourceThatCannotBeReadEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := pipeline.DefineSource("broken", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
			s := &pipeline.Source{Subscriber: brokenSubscriber{}, Hold: pipeline.Forever}
			return s, nil
		})
		rig := flowtest.Load(t, "version: 1\nflows: {a: {from: feed, to: out}, b: {from: broken, to: out}}\nsinks: {out: record}\n",
			flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{broken}}})
		rig.Run()
		if err := rig.Wait(); err == nil || !strings.Contains(err.Error(), "flow b: source broken: out of order") {
			t.Errorf("Run: %v", err)
		}
	})
}

// brokenSubscriber cannot be subscribed to.
type brokenSubscriber struct{}

func (brokenSubscriber) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return nil, errors.New("out of order")
}

func (brokenSubscriber) Close() error { return nil }

// once is a subscriber with a single message.
type once struct{ message *message.Message }

func (o once) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, 1)
	out <- o.message
	close(out)
	return out, nil
}

func (o once) Close() error { return nil }

func TestAStopCutsAStartShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var kept context.Context
		env := pipeline.NewEnv("x", nil, pipeline.Options{})
		env.OnStart(func(c context.Context) error { kept = c; return nil })
		env.OnStart(func(c context.Context) error { <-c.Done(); return c.Err() })
		time.AfterFunc(time.Second, cancel)
		if err := env.Start(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if kept.Err() != nil {
			t.Error("the context of a part that had started has ended")
		}
	})
}
