// Package metrics shows what pipelines count in the form of Prometheus.
//
// A program that has a pipeline serves them as
//
//	mux.Handle("/metrics", metrics.Handler(metrics.Of(p)))
//
// or adds them to a registry of its own:
//
//	registry.MustRegister(metrics.NewCollector(metrics.Of(p), metrics.Options{}))
//
// The pipeline is to be loaded with [pipeline.Options].Measure: without it latencies, and
// what enters and leaves each stage, are missing. docs/metrics.md lists what there is.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leat-io/leat/pipeline"
)

// Source says which pipelines there are now. What those have counted that are there no
// longer stays counted, as long as they were there once when metrics were read.
type Source interface {
	// Pipelines is called whenever the metrics are read, by one caller at a time.
	Pipelines() []*pipeline.Pipeline
}

// Reloads is implemented by a [Source] whose pipelines are read from files again.
type Reloads interface {
	// Reloads returns when what runs was read, and how often that was tried again, by
	// results.
	Reloads() (loaded time.Time, results map[string]int)
}

// Of is a source of pipelines that do not change.
func Of(p ...*pipeline.Pipeline) Source { return fixed(p) }

type fixed []*pipeline.Pipeline

func (f fixed) Pipelines() []*pipeline.Pipeline { return f }

// SourceFunc is a function as a [Source].
type SourceFunc func() []*pipeline.Pipeline

// Pipelines calls f.
func (f SourceFunc) Pipelines() []*pipeline.Pipeline { return f() }

// Options say how a [Collector] asks.
type Options struct {
	// Clock is where time comes from; nil: [pipeline.System].
	Clock pipeline.Clock
	// BacklogEvery is for how long an answer about the backlog of a source counts, as each
	// may take a request; 0: 30 seconds.
	BacklogEvery time.Duration
	// BacklogTimeout is how long such a question may take; 0: 2 seconds. What is not
	// answered by then is left out.
	BacklogTimeout time.Duration
}

// Handler serves the metrics of pipelines, and those of the program itself: memory,
// goroutines, processor time.
func Handler(s Source) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(NewCollector(s, Options{}), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: mostReaders})
}

// mostReaders is how many may read the metrics at the same time; others get a 503.
const mostReaders = 8
