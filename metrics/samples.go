package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leat-io/leat/pipeline"
)

// samples are the series of all metrics. What has the same labels is added up.
type samples struct {
	of map[*declared]map[string]*series
}

// series is a metric with the values of its labels.
type series struct {
	labels []string
	value  float64

	// Of a histogram: what value says is its sum.
	bounds  []time.Duration
	buckets []uint64
	count   uint64
}

func newSamples() *samples { return &samples{map[*declared]map[string]*series{}} }

func (s *samples) at(d *declared, labels []string) *series {
	all := s.of[d]
	if all == nil {
		all = map[string]*series{}
		s.of[d] = all
	}
	name := strings.Join(labels, "\x00")
	if all[name] == nil {
		all[name] = &series{labels: labels}
	}
	return all[name]
}

// time adds a histogram.
func (s *samples) time(d *declared, labels []string, c pipeline.TimingCount) {
	x := s.at(d, labels)
	x.add(&series{value: c.Sum.Seconds(), bounds: c.Bounds, buckets: c.Buckets, count: c.Count})
}

func (x *series) add(o *series) {
	x.value += o.value
	x.count += o.count
	if x.buckets == nil {
		x.bounds, x.buckets = o.bounds, make([]uint64, len(o.buckets))
	}
	for i, n := range o.buckets {
		x.buckets[i] += n
	}
}

// add adds the series of o.
func (s *samples) add(o *samples) {
	for d, all := range o.of {
		for _, x := range all {
			s.at(d, x.labels).add(x)
		}
	}
}

// send gives the series of a metric to the client.
func (s *samples) send(d *declared, out chan<- prometheus.Metric) {
	for _, x := range s.of[d] {
		switch d.Kind {
		case Histogram:
			out <- prometheus.MustNewConstHistogram(d.desc, x.count, x.value, x.upTo(), x.labels...)
		case Gauge:
			out <- prometheus.MustNewConstMetric(d.desc, prometheus.GaugeValue, x.value, x.labels...)
		default:
			out <- prometheus.MustNewConstMetric(d.desc, prometheus.CounterValue, x.value, x.labels...)
		}
	}
}

// upTo counts for each bound what took no longer.
func (x *series) upTo() map[float64]uint64 {
	sums, sum := make(map[float64]uint64, len(x.bounds)), uint64(0)
	for i, bound := range x.bounds {
		sum += x.buckets[i]
		sums[bound.Seconds()] = sum
	}
	return sums
}
