package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/leat-io/leat/metrics"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const flow = `
version: 1
flows:
  parcels:
    from: feed
    stages: [{identify: {id: body.id}}, dedupe, {filter: {when: body.n > 0}}, mark]
    to: out
    on_error: {dead_letter: dead}
sinks: {out: record, dead: record}
`

// mark is a stage with a counter and a gauge of its own.
var mark = pipeline.DefineStage("mark", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Stage, error) {
	marked := env.Counter("marked\xff")
	env.Gauge("plugin_queue", func() int64 { return 7 })
	return pipeline.Map(func(context.Context, *pipeline.Event) error {
		marked.Inc()
		return nil
	}), nil
})

func start(t *testing.T, o flowtest.Options) *flowtest.Rig {
	o.Catalog = pipeline.Catalog{Stages: append(stages.All(), mark)}
	o.Measure = true
	return flowtest.Start(t, flow, o)
}

// read asks a handler as Prometheus does.
func read(t *testing.T, h http.Handler) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// values are the series of a metric by their labels.
func values(f *dto.MetricFamily) map[string]float64 {
	all := map[string]float64{}
	for _, m := range f.GetMetric() {
		var labels []string
		for _, l := range m.GetLabel() {
			if l.GetValue() != "" {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
		}
		all[strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetHistogram().GetSampleSum() + float64(m.GetHistogram().GetSampleCount())*1000
	}
	return all
}

func want(t *testing.T, f map[string]*dto.MetricFamily, name string, wanted map[string]float64) {
	t.Helper()
	if got := values(f[name]); !maps.Equal(got, wanted) {
		t.Errorf("%s: %v, want %v", name, got, wanted)
	}
}

func TestHandlerShowsWhatAPipelineDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := start(t, flowtest.Options{Fail: func(sink string, e *pipeline.Event, _ int) error {
			if sink == "out" && e.ID == "bad" {
				return pipeline.Reject(errors.New("no"))
			}
			return nil
		}})
		for i, p := range []string{`{"id":"a","n":1}`, `{"id":"a","n":1}`, `{"id":"b","n":0}`, `{"id":"bad","n":2}`} {
			rig.Feed.Send(fmt.Sprint(i), p)
		}
		synctest.Wait()
		got := read(t, metrics.Handler(metrics.Of(rig.Pipeline)))
		want(t, got, "leat_source_events_total", map[string]float64{"flow=parcels source=feed": 4})
		want(t, got, "leat_stage_events_in_total", map[string]float64{"flow=parcels stage=identify": 4, "flow=parcels stage=dedupe": 4, "flow=parcels stage=filter": 3, "flow=parcels stage=mark": 2, "flow=parcels stage=source": 0})
		want(t, got, "leat_dropped_events_total", map[string]float64{"flow=parcels reason=duplicate stage=dedupe": 1, "flow=parcels reason=delivered_earlier stage=dedupe": 0, "flow=parcels reason=filter stage=filter": 1, "flow=parcels reason=delivered_earlier stage=on_error": 0})
		want(t, got, "leat_sink_events_settled_total", map[string]float64{"flow=parcels sink=out": 1, "flow=parcels sink=dead": 1})
		want(t, got, "leat_sink_seconds", map[string]float64{"flow=parcels sink=out": 2000, "flow=parcels sink=dead": 1000})
		want(t, got, "leat_custom_total", map[string]float64{"counter=marked\uFFFD flow=parcels part=mark": 2})
		want(t, got, "leat_plugin_queue_events", map[string]float64{"flow=parcels stage=mark": 7})
		if n := values(got["leat_dead_letters_total"])["flow=parcels reason=rejected sink=out"]; n != 1 {
			t.Errorf("dead letters: %v", values(got["leat_dead_letters_total"]))
		}
		if got["go_goroutines"] == nil || got["process_cpu_seconds_total"] == nil {
			t.Error("nothing of the program itself")
		}
	})
}

func TestCountsStayWhenAPipelineIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := start(t, flowtest.Options{})
		now := []*pipeline.Pipeline{first.Pipeline}
		h := metrics.Handler(metrics.SourceFunc(func() []*pipeline.Pipeline { return now }))
		count := func() float64 {
			synctest.Wait()
			return values(read(t, h)["leat_source_events_total"])["flow=parcels source=feed"]
		}
		first.Feed.Send("1", `{"id":"1","n":1}`)
		if got := count(); got != 1 {
			t.Errorf("%v", got)
		}
		first.Feed.Send("2", `{"id":"2","n":1}`)
		synctest.Wait()
		first.Stop()
		second := start(t, flowtest.Options{})
		now = []*pipeline.Pipeline{second.Pipeline}
		for i, n := range []float64{2, 3, 4} {
			if got := count(); got != n {
				t.Errorf("%v, want %v", got, n)
			}
			second.Feed.Send(fmt.Sprint(i), `{"n":1}`)
		}
		if f := values(read(t, h)["leat_flow_max_held_events"]); len(f) != 1 || f["flow=parcels"] != 20000 {
			t.Errorf("gauges of what is gone: %v", f)
		}
	})
}

func TestAPipelineListedTwiceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := start(t, flowtest.Options{})
		rig.Feed.Send("1", `{"id":"1","n":1}`)
		synctest.Wait()
		got := read(t, metrics.Handler(metrics.Of(rig.Pipeline, rig.Pipeline)))
		want(t, got, "leat_source_events_total", map[string]float64{"flow=parcels source=feed": 1})
	})
}

func TestReloadsAreShown(t *testing.T) {
	got := read(t, metrics.Handler(reread{metrics.Of()}))
	want(t, got, "leat_reloads_total", map[string]float64{"result=ok": 1, "result=refused": 0})
	want(t, got, "leat_loaded_timestamp_seconds", map[string]float64{"": 1_800_000_000.5})
}

func TestAPausedFlowIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := start(t, flowtest.Options{})
		synctest.Wait()
		h := metrics.Handler(metrics.Of(rig.Pipeline))
		for _, paused := range []float64{0, 1} {
			got := read(t, h)
			want(t, got, "leat_flow_ready", map[string]float64{"flow=parcels": 1})
			want(t, got, "leat_flow_paused", map[string]float64{"flow=parcels": paused})
			if err := rig.Pipeline.Pause("parcels"); err != nil {
				t.Fatal(err)
			}
		}
		if err := rig.Pipeline.Resume("parcels"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSourcesAreAskedSeldomAndTheirFailuresCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, fails := 0, false
		rig := start(t, flowtest.Options{Source: &pipeline.Source{Hold: pipeline.Forever, Backlog: func(ctx context.Context) (pipeline.Backlog, error) {
			asked++
			if fails {
				<-ctx.Done()
				return pipeline.Backlog{}, ctx.Err()
			}
			return pipeline.Backlog{Waiting: 12, Taken: -1, Delayed: -1, Age: 90 * time.Second}, nil
		}}})
		h := metrics.Handler(metrics.Of(rig.Pipeline))
		read(t, h)
		got := read(t, h)
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		of := func(n float64) map[string]float64 { return map[string]float64{"flow=parcels source=feed": n} }
		want(t, got, "leat_source_backlog_messages", of(12))
		want(t, got, "leat_source_backlog_age_seconds", of(90))
		want(t, got, "leat_source_backlog_errors_total", of(0))
		if got["leat_source_backlog_taken_messages"] != nil {
			t.Error("what is not known is shown")
		}
		time.Sleep(31 * time.Second)
		fails = true
		got = read(t, h)
		want(t, got, "leat_source_backlog_errors_total", of(1))
		if got["leat_source_backlog_messages"] != nil {
			t.Error("an old answer is shown as a new one")
		}
	})
}

func TestEveryMetricIsDeclaredOnceAndExplained(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range metrics.All() {
		if seen[m.Name] {
			t.Errorf("%s is declared twice", m.Name)
		}
		seen[m.Name] = true
		if m.Help == "" || !strings.HasSuffix(m.Help, ".") {
			t.Errorf("%s: no sentence says what it is", m.Name)
		}
		if total := strings.HasSuffix(m.Name, "_total"); total != (m.Kind == metrics.Counter) {
			t.Errorf("%s: the name of a counter, and of no other metric, ends in _total", m.Name)
		}
		if m.Kind == metrics.Histogram && !strings.HasSuffix(m.Name, "_seconds") {
			t.Errorf("%s is a time in seconds", m.Name)
		}
	}
}

func names(f map[string]*dto.MetricFamily) (list []string) {
	for name := range f {
		if strings.HasPrefix(name, "leat_") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
