package metrics

import (
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// counts adds what a pipeline has counted and timed: what must never become less.
func (c *Collector) counts(s *samples, m pipeline.Measured) {
	for _, n := range m.Counts {
		if d, labels := c.counter(m, n); d != nil {
			s.at(d, labels).value += float64(n.Value)
		}
	}
	for _, t := range m.Timings {
		c.timing(s, t)
	}
	for _, sp := range m.Spools {
		d := c.byKey[key{Counter, pipeline.KindSource, fromSpoolLost}]
		s.at(d, []string{sp.Flow, sp.Source}).value += float64(sp.Lost)
	}
}

// counter finds the metric of a counter; nil: it is shown as another one, or is the
// engine's own.
func (c *Collector) counter(m pipeline.Measured, n pipeline.Count) (*declared, []string) {
	extra := map[string]string{labelReason: n.Reason}
	switch n.Name {
	case pipeline.CountDuplicates:
		n.Name, extra[labelReason] = pipeline.CountDropped, "duplicate"
	case pipeline.CountEarlier:
		n.Name, n.Kind, extra[labelReason] = pipeline.CountDropped, pipeline.KindStage, "delivered_earlier"
	case pipeline.CountDropped:
		extra[labelReason] = m.Types[n.Owner]
		n.Kind = pipeline.KindStage
	case pipeline.CountDelivered, pipeline.CountDeadLetters:
		return nil, nil
	}
	if d := c.byKey[key{Counter, n.Kind, n.Name}]; d != nil {
		return d, labelsOf(d, n.Owner, extra)
	}
	if n.Engine {
		return nil, nil
	}
	extra[labelCounter] = n.Name
	d := c.byKey[key{Counter, "", fromAny}]
	return d, labelsOf(d, n.Owner, extra)
}

func (c *Collector) timing(s *samples, t pipeline.TimingCount) {
	extra := map[string]string{labelCall: t.Name}
	d, errors := c.byKey[key{Histogram, t.Kind, t.Name}], fromTripErrors
	if d == nil {
		d, errors = c.byKey[key{Histogram, t.Kind, fromAny}], fromCallErrors
	}
	if d == nil {
		return
	}
	s.time(d, labelsOf(d, t.Owner, extra), t)
	if t.Kind == pipeline.KindState {
		d = c.byKey[key{Counter, t.Kind, errors}]
		s.at(d, labelsOf(d, t.Owner, extra)).value += float64(t.Failed)
	}
}

// gauges adds how much there is now.
func (c *Collector) gauges(s *samples, m pipeline.Measured) {
	for _, g := range m.Gauges {
		if d := c.byKey[key{Gauge, g.Kind, g.Name}]; d != nil {
			s.at(d, labelsOf(d, g.Owner, nil)).value += float64(g.Value)
		}
	}
	for _, sp := range m.Spools {
		var age float64
		if !sp.Oldest.IsZero() {
			age = max(0, c.options.Clock.Now().Sub(sp.Oldest).Seconds())
		}
		for from, value := range map[string]float64{fromSpool: float64(sp.Waiting), fromSpoolBytes: float64(sp.Bytes), fromSpoolAge: age} {
			d := c.byKey[key{Gauge, pipeline.KindSource, from}]
			s.at(d, []string{sp.Flow, sp.Source}).value += value
		}
	}
}

// labelsOf are the values of a metric's labels. What is no text becomes one.
func labelsOf(d *declared, o pipeline.Owner, extra map[string]string) []string {
	values := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		values[i] = strings.ToValidUTF8(labelOf(label, o, extra), "\uFFFD")
	}
	return values
}

func labelOf(label string, o pipeline.Owner, extra map[string]string) string {
	switch label {
	case labelFlow:
		return o.Flow
	case labelPart:
		return o.Part
	case labelStage:
		return partOf(o, pipeline.KindStage, pipeline.KindState)
	case labelSink:
		return partOf(o, pipeline.KindSink)
	case labelSource:
		return partOf(o, pipeline.KindSource)
	}
	return extra[label]
}

func partOf(o pipeline.Owner, kinds ...string) string {
	for _, kind := range kinds {
		if o.Kind == kind {
			return o.Part
		}
	}
	return ""
}
