// Package drawing makes cards and arrows of what a pipeline consists of.
package drawing

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/diagram"
	"github.com/leat-io/leat/pipeline"
)

// Drawing is a drawing of an outline: a card for each source, flow and sink.
type Drawing struct {
	diagram.Graph
	// Ways says of each arrow, by its key, which events take it.
	Ways map[string]Way
}

// Way is which events take an arrow: those that a source of a flow gives, those that
// are sent to a target, or, if it has neither, the dead letters of the flow. What goes
// to the dead letters of a sink alone is in none.
type Way struct {
	Flow   string
	Source string
	Target *pipeline.Target
	Sink   bool // the dead letters of a sink alone
}

// Of draws an outline.
func Of(o pipeline.Outline) *Drawing {
	d := &Drawing{Ways: map[string]Way{}}
	for _, f := range o.Flows {
		d.sources(f)
		d.flow(f)
	}
	for _, s := range o.Sinks {
		d.sink(s)
	}
	return d
}

func flowID(name string) string { return "flow " + name }
func sinkID(name string) string { return "sink " + name }

// sources draws the sources of a flow; of a preset with the stages that it brings along.
func (d *Drawing) sources(f pipeline.FlowOutline) {
	for _, s := range f.Sources {
		c := diagram.Card{ID: "source " + f.Name + " " + s.Name, Kind: diagram.Source, Title: s.Type, Subtitle: s.Detail}
		if s.Preset != "" {
			c.Title, c.Subtitle = s.Preset, strings.TrimSuffix("preset · "+s.Type+" · "+s.Detail, " · ")
		}
		if s.Spool {
			c.Rows = append(c.Rows, diagram.Row{Text: "spool", Detail: "on disk"})
		}
		for _, stage := range s.Stages {
			row := stage
			row.Name = strings.TrimPrefix(stage.Name, s.Name+"/")
			c.Rows = append(c.Rows, keyed(stageRow(row), f, stage))
		}
		d.Cards = append(d.Cards, c)
		d.arrow(c.ID, -1, flowID(f.Name), diagram.Plain, Way{Flow: f.Name, Source: s.Name})
	}
}

func stageRow(s pipeline.StageOutline) diagram.Row {
	r := diagram.Row{Text: s.Type, Detail: s.Detail}
	if s.Name != s.Type && s.Type != "" && !isNumbered(s) {
		r.Text = s.Name
	}
	return r
}

// keyed gives a row the key "flow/stage".
func keyed(r diagram.Row, f pipeline.FlowOutline, s pipeline.StageOutline) diagram.Row {
	r.Key = f.Name + "/" + s.Name
	return r
}

// isNumbered reports whether a stage is called by its type, and a number.
func isNumbered(s pipeline.StageOutline) bool {
	return len(s.Name) > len(s.Type) && s.Name[:len(s.Type)] == s.Type && s.Name[len(s.Type)] == '#'
}

func (d *Drawing) flow(f pipeline.FlowOutline) {
	c := diagram.Card{ID: flowID(f.Name), Kind: diagram.Flow, Title: f.Name}
	for _, s := range f.Stages {
		c.Rows = append(c.Rows, keyed(stageRow(s), f, s))
		for _, b := range s.Branches {
			d.branch(&c, b, s)
		}
	}
	if len(f.To) > 0 {
		d.targets(&c, diagram.Row{Text: "to", Detail: names(f.To)}, f.To, diagram.Plain)
	}
	if f.DeadLetter != "" {
		c.Rows = append(c.Rows, diagram.Row{Text: "on error", Detail: f.DeadLetter, Style: diagram.Error})
		d.arrow(c.ID, len(c.Rows)-1, sinkID(f.DeadLetter), diagram.Error, Way{Flow: f.Name})
	}
	d.Cards = append(d.Cards, c)
}

// branch draws a way out of a stage.
func (d *Drawing) branch(c *diagram.Card, b pipeline.Branch, s pipeline.StageOutline) {
	row, style := diagram.Row{Text: b.When, Detail: names(b.To), Style: diagram.Branch}, diagram.Plain
	switch {
	case b.Copy:
		row, style = diagram.Row{Text: "a copy", Detail: names(b.To), Style: diagram.Aside}, diagram.Aside
	case b.When == "" && len(s.Branches) > 1:
		row.Text = "all others"
	case b.When == "":
		row.Text = "all"
	}
	d.targets(c, row, b.To, style)
}

func (d *Drawing) targets(c *diagram.Card, row diagram.Row, to []pipeline.Target, style diagram.Style) {
	c.Rows = append(c.Rows, row)
	for _, t := range to {
		id := sinkID(t.Sink)
		if t.Flow != "" {
			id = flowID(t.Flow)
		}
		d.arrow(c.ID, len(c.Rows)-1, id, style, Way{Target: &t})
	}
}

func (d *Drawing) arrow(from string, row int, to string, style diagram.Style, way Way) {
	key := fmt.Sprintf("way %d", len(d.Arrows)+1)
	d.Ways[key] = way
	d.Arrows = append(d.Arrows, diagram.Arrow{Key: key, From: from, Row: row, To: to, Style: style})
}

// names are what targets are called.
func names(to []pipeline.Target) (text string) {
	for i, t := range to {
		if i > 0 {
			text += ", "
		}
		text += t.Sink + t.Flow // one of them is empty
	}
	return text
}

func (d *Drawing) sink(s pipeline.SinkOutline) {
	c := diagram.Card{ID: sinkID(s.Name), Kind: diagram.Sink, Title: s.Name, Last: true, Subtitle: s.Type}
	if s.Detail != "" {
		c.Subtitle = fmt.Sprintf("%s · %s", s.Type, s.Detail)
	}
	if s.Dead {
		c.Kind = diagram.Dead
	}
	if s.DeadLetter != "" {
		c.Rows = append(c.Rows, diagram.Row{Text: "on error", Detail: s.DeadLetter, Style: diagram.Error})
		d.arrow(c.ID, len(c.Rows)-1, sinkID(s.DeadLetter), diagram.Error, Way{Sink: true})
	}
	d.Cards = append(d.Cards, c)
}
