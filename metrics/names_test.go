package metrics_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/leat-io/leat/metrics"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
)

// everything names all that counts something of its own.
const everything = `
version: 1
state: {redis: {url: "redis://127.0.0.1:1"}}
flows:
  queue:
    from: [{sqs: {queue: "https://sqs.eu-central-1.amazonaws.com/1/q"}}, {redisstream: {stream: s, url: "redis://127.0.0.1:1"}}, {http: {listen: "127.0.0.1:0", spool: true}}]
    stages:
      - snsunwrap: {verify: false}
      - split: {each: body}
      - identify: {id: body.id, key: body.key, time: body.at}
      - dedupe
      - reorder: {window: 1m}
      - filter: {when: body.n > 0}
      - enrich: {as: body.v, http: {url: "http://127.0.0.1:1/{body.key}"}}
      - enrich: {as: body.v, on: {code: body.code}, lookup: v.csv}
      - plugin: {run: ./p}
    to: [q, t]
    on_error: {dead_letter: dead}
  tiki: {from: {tiki: {queue: q, token: t}}, to: q, on_error: {dead_letter: dead}}
sinks:
  q: {sqs: {queue: "https://sqs.eu-central-1.amazonaws.com/1/r"}}
  t: {sns: {topic: "arn:aws:sns:eu-central-1:1:t"}}
  dead: {file: {path: dead.jsonl}}
`

// losing is a tracer that counts what it drops.
type losing struct{ pipeline.Tracer }

func (losing) Lost() int64 { return 3 }

func TestExactlyTheDeclaredMetricsAreShown(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p", []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("v.csv", []byte("code,name\n1,one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, report := pipeline.LoadText(filepath.Join(".", "pipeline.yaml"), everything, pipeline.Options{
		Measure: true, Tracer: func(*pipeline.TracingConfig) pipeline.Tracer { return losing{} },
		Catalog: pipeline.Catalog{Stages: append(stages.All(), mark), Sources: append(providers.Sources(), asked), Sinks: providers.Sinks(), States: state.All(), Presets: providers.Presets()},
	})
	if p == nil {
		t.Fatal(report.Err())
	}
	q, report := pipeline.LoadText("asked.yaml", "version: 1\nflows: {f: {from: asked, stages: [mark], to: out}}\nsinks: {out: {stdout: {}}}\n", pipeline.Options{
		Measure: true, Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{mark}, Sources: []pipeline.SourceDef{asked}, Sinks: providers.Sinks()},
	})
	if q == nil {
		t.Fatal(report.Err())
	}
	standard := shown(t, p)
	if slices.Contains(standard, "leat_custom_total") {
		t.Error("something that is in the program has a counter that is not declared")
	}
	all := append(standard, shown(t, q)...)
	slices.Sort(all)
	var declared []string
	for _, m := range metrics.All() {
		declared = append(declared, m.Name)
	}
	slices.Sort(declared)
	if got := slices.Compact(all); !slices.Equal(got, declared) {
		for _, name := range declared {
			if !slices.Contains(got, name) {
				t.Errorf("%s is declared, and nothing shows it", name)
			}
		}
		for _, name := range got {
			if !slices.Contains(declared, name) {
				t.Errorf("%s is shown, and not declared", name)
			}
		}
	}
}

// asked is a source with a backlog.
var asked = pipeline.DefineSource("asked", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
	return &pipeline.Source{Backlog: func(context.Context) (pipeline.Backlog, error) {
		return pipeline.Backlog{}, nil
	}}, nil
})

// reread is a source whose files were read twice.
type reread struct{ metrics.Source }

func (reread) Reloads() (time.Time, map[string]int) {
	return time.Unix(1_800_000_000, 5e8), map[string]int{"ok": 1, "refused": 0}
}

func shown(t *testing.T, p *pipeline.Pipeline) []string {
	r := prometheus.NewRegistry()
	r.MustRegister(metrics.NewCollector(reread{metrics.Of(p)}, metrics.Options{}))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*dto.MetricFamily{}
	for _, f := range families {
		all[f.GetName()] = f
	}
	return names(all)
}
