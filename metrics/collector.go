package metrics

import (
	"cmp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/pipeline"
)

// Collector is a [prometheus.Collector] over pipelines.
type Collector struct {
	source  Source
	options Options
	byKey   map[key]*declared
	all     []*declared

	mu       sync.Mutex
	known    map[any]*pipeline.Pipeline // by the book they count in
	finished *samples                   // what pipelines have counted that are gone
	backlogs backlogs
}

// declared is a metric with what the client needs to know of it.
type declared struct {
	Metric
	desc *prometheus.Desc
}

// key is what the pipeline calls a metric.
type key struct {
	kind        Kind
	owner, from string
}

// NewCollector returns a collector, to be registered once.
func NewCollector(s Source, o Options) *Collector {
	if o.Clock == nil {
		o.Clock = pipeline.System
	}
	o.BacklogEvery = cmp.Or(o.BacklogEvery, 30*time.Second)
	o.BacklogTimeout = cmp.Or(o.BacklogTimeout, 2*time.Second)
	c := &Collector{source: s, options: o, byKey: map[key]*declared{}, known: map[any]*pipeline.Pipeline{}, finished: newSamples()}
	c.backlogs.failed = map[pipeline.Owner]float64{}
	for _, m := range All() {
		d := &declared{m, prometheus.NewDesc(m.Name, m.Help, m.Labels, nil)}
		c.all = append(c.all, d)
		for _, owner := range m.owners {
			c.byKey[key{m.Kind, owner, m.from}] = d
		}
		if len(m.owners) == 0 {
			c.byKey[key{m.Kind, "", m.from}] = d
		}
	}
	return c
}

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.all {
		out <- d.desc
	}
}

// Collect implements [prometheus.Collector].
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.read()
	for _, d := range c.all {
		now.send(d, out)
	}
}

// read reads all pipelines. A pipeline that was replaced by one that goes on with its
// counts is not counted twice; of one that is gone the counts stay, and nothing else.
func (c *Collector) read() *samples {
	now := newSamples()
	present := map[any]*pipeline.Pipeline{}
	pipelines := c.source.Pipelines()
	for _, p := range pipelines {
		m := p.Measured()
		if present[m.Book] == nil {
			c.counts(now, m)
		}
		present[m.Book] = p
		c.gauges(now, m)
	}
	for book, p := range c.known {
		if present[book] == nil {
			c.counts(c.finished, p.Measured())
		}
	}
	c.known = present
	c.addBacklogs(now, pipelines)
	now.add(c.finished)
	c.addReloads(now)
	return now
}

func (c *Collector) addReloads(s *samples) {
	r, ok := c.source.(Reloads)
	if !ok {
		return
	}
	loaded, results := r.Reloads()
	s.at(c.byKey[key{Gauge, "", fromLoaded}], nil).value = float64(loaded.UnixMilli()) / 1000
	for result, n := range results {
		s.at(c.byKey[key{Counter, "", fromReloads}], []string{result}).value = float64(n)
	}
}
