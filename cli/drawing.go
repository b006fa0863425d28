package cli

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/diagram"
	"github.com/leat-io/leat/pipeline"
)

// drawer makes a drawing of an outline: a card for each source, flow and sink.
type drawer struct{ g diagram.Graph }

func drawing(o pipeline.Outline) *diagram.Graph {
	d := &drawer{}
	for _, f := range o.Flows {
		d.sources(f)
		d.flow(f)
	}
	for _, s := range o.Sinks {
		d.sink(s)
	}
	return &d.g
}

func flowID(name string) string { return "flow " + name }
func sinkID(name string) string { return "sink " + name }

// sources draws the sources of a flow; of a preset with the stages that it brings along.
func (d *drawer) sources(f pipeline.FlowOutline) {
	for _, s := range f.Sources {
		c := diagram.Card{ID: "source " + f.Name + " " + s.Name, Kind: diagram.Source, Title: s.Type, Subtitle: s.Detail}
		if s.Preset != "" {
			c.Title, c.Subtitle = s.Preset, strings.TrimSuffix("preset · "+s.Type+" · "+s.Detail, " · ")
		}
		if s.Spool {
			c.Rows = append(c.Rows, diagram.Row{Text: "spool", Detail: "on disk"})
		}
		for _, stage := range s.Stages {
			stage.Name = strings.TrimPrefix(stage.Name, s.Name+"/")
			c.Rows = append(c.Rows, stageRow(stage))
		}
		d.g.Cards = append(d.g.Cards, c)
		d.arrow(c.ID, -1, flowID(f.Name), diagram.Plain)
	}
}

func stageRow(s pipeline.StageOutline) diagram.Row {
	r := diagram.Row{Text: s.Type, Detail: s.Detail}
	if s.Name != s.Type && s.Type != "" && !isNumbered(s) {
		r.Text = s.Name
	}
	return r
}

// isNumbered reports whether a stage is called by its type, and a number.
func isNumbered(s pipeline.StageOutline) bool {
	return len(s.Name) > len(s.Type) && s.Name[:len(s.Type)] == s.Type && s.Name[len(s.Type)] == '#'
}

func (d *drawer) flow(f pipeline.FlowOutline) {
	c := diagram.Card{ID: flowID(f.Name), Kind: diagram.Flow, Title: f.Name}
	for _, s := range f.Stages {
		c.Rows = append(c.Rows, stageRow(s))
		for _, b := range s.Branches {
			d.branch(&c, b, s)
		}
	}
	if len(f.To) > 0 {
		d.targets(&c, diagram.Row{Text: "to", Detail: names(f.To)}, f.To, diagram.Plain)
	}
	if f.DeadLetter != "" {
		c.Rows = append(c.Rows, diagram.Row{Text: "on error", Detail: f.DeadLetter, Style: diagram.Error})
		d.arrow(c.ID, len(c.Rows)-1, sinkID(f.DeadLetter), diagram.Error)
	}
	d.g.Cards = append(d.g.Cards, c)
}

// branch draws a way out of a stage.
func (d *drawer) branch(c *diagram.Card, b pipeline.Branch, s pipeline.StageOutline) {
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

func (d *drawer) targets(c *diagram.Card, row diagram.Row, to []pipeline.Target, style diagram.Style) {
	c.Rows = append(c.Rows, row)
	for _, t := range to {
		id := sinkID(t.Sink)
		if t.Flow != "" {
			id = flowID(t.Flow)
		}
		d.arrow(c.ID, len(c.Rows)-1, id, style)
	}
}

func (d *drawer) arrow(from string, row int, to string, style diagram.Style) {
	d.g.Arrows = append(d.g.Arrows, diagram.Arrow{From: from, Row: row, To: to, Style: style})
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

func (d *drawer) sink(s pipeline.SinkOutline) {
	c := diagram.Card{ID: sinkID(s.Name), Kind: diagram.Sink, Title: s.Name, Last: true, Subtitle: s.Type}
	if s.Detail != "" {
		c.Subtitle = fmt.Sprintf("%s · %s", s.Type, s.Detail)
	}
	if s.Dead {
		c.Kind = diagram.Dead
	}
	if s.DeadLetter != "" {
		c.Rows = append(c.Rows, diagram.Row{Text: "on error", Detail: s.DeadLetter, Style: diagram.Error})
		d.arrow(c.ID, len(c.Rows)-1, sinkID(s.DeadLetter), diagram.Error)
	}
	d.g.Cards = append(d.g.Cards, c)
}
