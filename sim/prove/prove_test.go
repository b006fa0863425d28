package prove

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state/memory"
	"go.uber.org/goleak"
)

// Nothing of a process is left behind, also of those that were killed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const flow = `
version: 1
flows:
  f:
    from: %s
    stages:
      - identify: {id: body.id, key: body.k, time: body.t}
      - dedupe: {ttl: 1000h}
      - reorder: {window: 2h}
    to: out
    on_error: {retry: {backoff: 1s..30s}, dead_letter: dead}
sinks: {out: sink, dead: sink}
`

// prove tries a flow with stages of which some may be replaced.
func prove(t *testing.T, text string, runs int, replaced ...pipeline.StageDef) *Report {
	t.Helper()
	still := sim.NewStillness()
	defer still.Close()
	r, err := Prove(Options{
		Flow: "f", Runs: runs, Seed: 1,
		Options: pipeline.Options{Catalog: catalog(replaced)},
		Load: func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
			return pipeline.LoadText("flow.yaml", text, o)
		},
		Samples: [][]byte{
			[]byte(`{"id": "event-a", "k": "P", "t": "2026-03-14T09:00:00Z"}`),
			[]byte(`{"id": "event-b", "k": "Q", "t": "2026-03-14T09:30:00Z"}`),
		},
	}, still)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func catalog(replaced []pipeline.StageDef) pipeline.Catalog {
	c := pipeline.Catalog{
		Sources: []pipeline.SourceDef{source("queue", pipeline.Source{Hold: pipeline.Forever, Redelivery: 30 * time.Second}), source("file", pipeline.Source{Hold: pipeline.Forever, Finite: true})},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("sink", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
			return nil, nil
		})},
		States: []pipeline.StateDef{memory.State, sharedState},
	}
	for _, s := range stages.All() {
		for _, other := range replaced {
			if other.Name == s.Name {
				s = other
			}
		}
		c.Stages = append(c.Stages, s)
	}
	return c
}

// sharedState is a state store that says that replicas can share it; a simulated one stands
// in for it.
var sharedState = pipeline.DefineState("shared", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.State, error) {
	return struct {
		pipeline.State
		pipeline.Leases
	}{}, nil
})

func source(name string, s pipeline.Source) pipeline.SourceDef {
	return pipeline.DefineSource(name, struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) { return &s, nil })
}

func TestTheRealStagesKeepTheirPromises(t *testing.T) {
	for name, text := range map[string]string{
		"queue":             fmt.Sprintf(flow, "queue"),
		"file":              fmt.Sprintf(flow, "file"),
		"replicas":          fmt.Sprintf(flow, "queue") + "state: {shared: {}}\n",
		"arrival":           strings.Replace(fmt.Sprintf(flow, "queue"), "{window: 2h}", "{by: arrival}", 1),
		"arrival, file":     strings.Replace(fmt.Sprintf(flow, "file"), "{window: 2h}", "{by: arrival}", 1),
		"arrival, replicas": strings.Replace(fmt.Sprintf(flow, "queue")+"state: {shared: {}}\n", "{window: 2h}", "{by: arrival}", 1),
		"leader":            strings.Replace(fmt.Sprintf(flow, "queue")+"state: {shared: {}}\n", "2h}", "2h, mode: leader}", 1),
	} {
		runs := race.Fewer(200)
		if strings.HasPrefix(name, "arrival") {
			runs /= 3
		}
		r := prove(t, text, runs)
		if r.Violations() > 0 {
			t.Errorf("%s: %+v\n%s", name, r.Totals, told(r.Story))
		}
		if r.Events != 16 || !r.Promises.Dedupe || r.Promises.Order == r.Promises.Arrival || r.Crashes < runs/5 || r.Deliveries < 5*runs || r.Copies == 0 {
			t.Errorf("%s: little happened: %+v", name, r)
		}
	}
}

// plainConfig is the settings of the stages with mistakes, and what they seem to do.
type plainConfig struct {
	TTL    time.Duration `yaml:"ttl"`
	Window time.Duration `yaml:"window"`
}

type dedupeConfig plainConfig

func (c dedupeConfig) Traits() pipeline.Traits {
	return pipeline.Traits{Dedupes: true, Keeps: true, Remembers: c.TTL}
}

type reorderConfig plainConfig

func (c reorderConfig) Traits() pipeline.Traits {
	return pipeline.Traits{Orders: true, Keeps: true, Holds: c.Window}
}

type arrivalConfig plainConfig

func (arrivalConfig) Traits() pipeline.Traits {
	return pipeline.Traits{Orders: true, Keeps: true, ByArrival: true}
}

// commitsFirst is a dedupe that notes an event before it is delivered.
var commitsFirst = pipeline.DefineStage("dedupe", dedupeConfig{}, func(c dedupeConfig, env *pipeline.Env) (pipeline.Stage, error) {
	claims := env.Claims()
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			verdict, err := claims.Claim(ctx, e.Digest())
			if err != nil || verdict != pipeline.Claimed {
				return err
			}
			if err := claims.Commit(ctx, e.Digest(), c.TTL, pipeline.OutcomeDelivered); err != nil {
				return err
			}
			return next(ctx, e)
		}
	}, nil
})

// forgetsCopies is a dedupe that does not know what is under way.
var forgetsCopies = pipeline.DefineStage("dedupe", dedupeConfig{}, func(c dedupeConfig, env *pipeline.Env) (pipeline.Stage, error) {
	claims := env.Claims()
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			verdict, err := claims.Claim(ctx, e.Digest())
			if err != nil || verdict != pipeline.Claimed {
				return err
			}
			if err := next(ctx, e); err != nil {
				return err
			}
			return claims.Commit(ctx, e.Digest(), c.TTL, pipeline.OutcomeDelivered)
		}
	}, nil
})

// releasesWhatExpired is a reorder in which each event goes when its own time is over,
// whatever came after it.
var releasesWhatExpired = pipeline.DefineStage("reorder", reorderConfig{}, func(c reorderConfig, env *pipeline.Env) (pipeline.Stage, error) {
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			if !pipeline.Sleep(ctx, env.Clock, c.Window, pipeline.Held(ctx)) {
				return pipeline.ErrReturned
			}
			return next(ctx, e)
		}
	}, nil
})

// holdsOneUp is a reorder by arrival in which nobody waits for who came before, while every
// second one is held up.
var holdsOneUp = pipeline.DefineStage("reorder", arrivalConfig{}, func(_ arrivalConfig, env *pipeline.Env) (pipeline.Stage, error) {
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			if e.Seq.Message%2 == 1 && !pipeline.Sleep(ctx, env.Clock, time.Minute, pipeline.Held(ctx)) {
				return pipeline.ErrReturned
			}
			return next(ctx, e)
		}
	}, nil
})

func TestPlantedMistakesAreFoundAndTold(t *testing.T) {
	for _, c := range []struct {
		name     string
		stage    pipeline.StageDef
		kind     Kind
		arrivals int // of the shortest schedule, at most
		crashes  int
	}{
		{"dedupe commits before it delivers", commitsFirst, Lost, 1, 1},
		{"dedupe forgets what is under way", forgetsCopies, Repeated, 2, 0},
		{"reorder releases what expired", releasesWhatExpired, Unordered, 2, 0},
		{"reorder by arrival holds one up", holdsOneUp, Unordered, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := prove(t, fmt.Sprintf(flow, "queue"), 300, c.stage)
			if r.Story == nil || r.Story.Violation.Kind != c.kind {
				t.Fatalf("not found: %+v\n%s", r.Totals, told(r.Story))
			}
			if s := r.Story.Schedule; len(s.Arrivals) > c.arrivals || len(s.Crashes) > c.crashes || len(s.Outages) > 0 {
				t.Errorf("the story is too long:\n%s", told(r.Story))
			}
			t.Log(told(r.Story))
		})
	}
}

// Replicas that know nothing of what the others have under way are found out, too.
func TestPlantedMistakesAreFoundAmongReplicas(t *testing.T) {
	for name, stage := range map[string]pipeline.StageDef{"commits first": commitsFirst, "forgets what is under way": forgetsCopies, "releases what expired": releasesWhatExpired} {
		r := prove(t, fmt.Sprintf(flow, "queue")+"state: {shared: {}}\n", 300, stage)
		if r.Violations() == 0 {
			t.Errorf("dedupe or reorder %s, and nobody notices: %+v", name, r.Totals)
		}
		t.Log(told(r.Story))
	}
}

func told(s *Story) string {
	if s == nil {
		return "no story"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%d tried)\n", s.Violation.Kind, s.Violation.What, s.Tried)
	for _, l := range s.Lines {
		fmt.Fprintf(&b, "%12s %s (%d)\n", l.At, l.What, l.Times)
	}
	return b.String()
}
