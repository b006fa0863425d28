package pipeline

import (
	"os"
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// Outline is what a pipeline consists of and how events go through it: for drawings and
// pages, not for running anything.
type Outline struct {
	Flows []FlowOutline // in the order of the file
	Sinks []SinkOutline
}

// FlowOutline is one flow.
type FlowOutline struct {
	Name       string
	Sources    []SourceOutline
	Linked     bool // other flows send events to it
	Stages     []StageOutline
	To         []Target // what is left at the end goes there
	DeadLetter string   // the sink for what can never be handled, or ""
}

// SourceOutline is a source of a flow.
type SourceOutline struct {
	Name   string // as messages call it
	Type   string
	Preset string // that it comes from, or ""
	Spool  bool
	Detail string
	Stages []StageOutline // of its preset
}

// StageOutline is a stage of a flow.
type StageOutline struct {
	Name     string // as messages call it: its type, unless it was given another
	Type     string
	Detail   string
	Branches []Branch // other ways than to the next stage
	CatchAll bool     // nothing passes on to the next stage
}

// SinkOutline is a sink.
type SinkOutline struct {
	Name       string
	Type       string
	Detail     string
	DeadLetter string // its own, or ""
	Dead       bool   // dead letters come here
}

// Branch is a way that events can take from a stage.
type Branch struct {
	When string // the condition, or ""
	To   []Target
	Copy bool // the event itself goes on to the next stage
}

// Brancher is implemented by the settings of stages that send events to targets, to say
// which. Of settings that are none, the targets are shown without conditions.
type Brancher interface{ Branches() []Branch }

// Outline returns what the pipeline consists of.
func (p *Pipeline) Outline() Outline {
	var o Outline
	for _, f := range p.flows {
		o.Flows = append(o.Flows, f.outline())
	}
	for _, s := range p.sinks {
		one := SinkOutline{Name: s.name, Type: s.given.name, Detail: brief(s.given), Dead: s.dead}
		if own := s.options.OnError; own != nil && own.DeadLetter != nil {
			one.DeadLetter = own.DeadLetter.Sink
		}
		o.Sinks = append(o.Sinks, one)
	}
	return o
}

func (f *flow) outline() FlowOutline {
	o := FlowOutline{Name: f.name, Linked: f.linked, Stages: outlines(f.stages), To: slices.Clone(f.config.To)}
	if dead := f.config.OnError.DeadLetter; dead != nil {
		o.DeadLetter = dead.Sink
	}
	for _, s := range f.sources {
		o.Sources = append(o.Sources, s.outline())
	}
	return o
}

func (s *namedSource) outline() SourceOutline {
	rest := s.given
	rest.settings = rest.settings.Without(spoolSetting)
	o := SourceOutline{Name: s.name, Type: s.given.name, Detail: brief(rest), Stages: outlines(s.stages)}
	if s.preset != nil {
		o.Preset = s.preset.def.Name
	}
	spool := s.given.settings.Get(spoolSetting)
	o.Spool = spool != nil && spool.Value != "false"
	return o
}

func outlines(stages []*builtStage) (list []StageOutline) {
	for _, s := range stages {
		o := StageOutline{Name: s.address, Type: s.given.name, Branches: s.branches(), CatchAll: s.traits.CatchAll}
		if len(o.Branches) == 0 {
			o.Detail = brief(s.given)
		}
		list = append(list, o)
	}
	return list
}

func (s *builtStage) branches() []Branch {
	if b, ok := s.config.(Brancher); ok {
		return b.Branches()
	}
	if to := targetsIn(s.config); len(to) > 0 {
		return []Branch{{To: to}}
	}
	return nil
}

// FlowNames are the names of the flows in files that are put together, as far as they can
// be read: for what offers them to a user.
func FlowNames(files ...string) []string { return tree(files).Get("flows").Keys() }

// SourceFlowNames are those of the flows that have a source other than flows.
func SourceFlowNames(files ...string) (names []string) {
	flows := tree(files).Get("flows")
	if flows == nil {
		return nil
	}
	for _, f := range flows.Fields {
		if from := f.Value.Get("from"); from == nil || sourcesIn(sourceItems(from)) > 0 {
			names = append(names, f.Key.Value)
		}
	}
	return names
}

// SinkNames are those of the sinks.
func SinkNames(files ...string) []string { return tree(files).Get("sinks").Keys() }

// PresetsNamed are the files with presets that a file names.
func PresetsNamed(path string) (files []string) {
	n := tree([]string{path}).Get("presets")
	if n == nil {
		return nil
	}
	for _, f := range namedFiles(n, &conf.Problems{}, "") {
		files = append(files, f.path())
	}
	return files
}

// tree reads files that are put together; nil: one of them cannot be read.
func tree(files []string) *conf.Node {
	var sources []conf.Source
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil
		}
		sources = append(sources, conf.Source{Name: name, Data: data})
	}
	root, _ := conf.Parse(sources, nil, nil)
	return root
}
