package testfile

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Test is one test: what comes into a flow, what goes wrong meanwhile, and what must come
// of it.
type Test struct {
	// Name says what the flow does, such as "a copy is dropped".
	Name string `yaml:"name,required"`
	// Flow is the one whose source gives the events. The file's only one with a source if it
	// is not given.
	Flow string `yaml:"flow"`
	// Start is what the clock shows at the beginning. It is the year 2100 if it is not given,
	// so that no event lies in the future.
	Start time.Time `yaml:"start"`
	// With are settings that a flow would give the preset, in the file of a preset.
	With *conf.Node `yaml:"with"`
	// Env has the variables that the preset names, in the file of a preset.
	Env map[string]string `yaml:"env"`
	// In are the messages that come, in their order. Between two of them time passes only
	// as far as at and after say; behind the last one it does until all are settled.
	In []*Input `yaml:"in,required"`
	// Sinks says which sinks are away, refuse or are slow. Any other takes all at once.
	Sinks map[string]SinkPlan `yaml:"sinks"`
	// Redeliver is after how long a message comes again that went back to its source; it
	// does not if it is not given.
	Redeliver time.Duration `yaml:"redeliver"`
	// For is how long the test waits at most, after the last message has come, until all are
	// settled.
	For time.Duration `yaml:"for"`
	// Expect is what must come of it. Nothing else may.
	Expect Expect `yaml:"expect"`

	node    *conf.Node // the test
	expects *conf.Node // its expect, nil without
	alone   bool       // it is about a preset
}

// Validate checks what one setting cannot.
func (t *Test) Validate() error {
	switch {
	case t.Name == "":
		return pipeline.FieldError("name", "must not be empty")
	case t.Redeliver < 0:
		return pipeline.FieldError("redeliver", "must not be negative")
	case t.For < 0:
		return pipeline.FieldError("for", "must not be negative")
	}
	return nil
}

const patience = 7 * 24 * time.Hour

var farOff = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// complete fills in what was left out, and reads what needs the whole file.
func (t *Test) complete(f *File, n *conf.Node) {
	t.node, t.expects, t.alone = n, n.Get("expect"), f.Preset
	t.checkPlace(f)
	if t.Start.IsZero() {
		t.Start = farOff
	}
	if t.For == 0 {
		t.For = patience
	}
	var at time.Duration
	for i, in := range t.In {
		item := n.Get("in").Items[i]
		if in == nil {
			f.problems.Errorf(item, "an item of the list is empty")
			in = &Input{}
			t.In[i] = in
		}
		in.node = item
		at = in.complete(f, t, at)
	}
	t.Expect.complete(f, t.expects)
}
