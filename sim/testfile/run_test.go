package testfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state/memory"
	"github.com/rogpeppe/go-internal/txtar"
)

// catalog has sources and sinks that must never be touched.
func catalog(t *testing.T) pipeline.Catalog {
	touched := func(context.Context) error {
		t.Error("something of the file was started")
		return nil
	}
	source := func(name string, s pipeline.Source) pipeline.SourceDef {
		return pipeline.DefineSource(name, struct{}{}, func(_ struct{}, env *pipeline.Env) (*pipeline.Source, error) {
			env.OnStart(touched)
			return &s, nil
		})
	}
	return pipeline.Catalog{
		Stages: append(stages.All(), asking, piping),
		Sources: []pipeline.SourceDef{
			source("queue", pipeline.Source{Hold: pipeline.Forever, Returns: true}),
			source("file", pipeline.Source{Hold: pipeline.Forever, Finite: true}),
			brokerSource,
			source("pair", pipeline.Source{Hold: pipeline.Forever, InFlight: 2}),
		},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("service", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
			env.OnStart(touched)
			return func(context.Context, *pipeline.Event) error {
				t.Error("a sink of the file was called")
				return errors.New("not in a test")
			}, nil
		})},
		States: []pipeline.StateDef{memory.State},
	}
}

// brokerSource is one with settings, which presets fill in.
var brokerSource = pipeline.DefineSource("broker", brokerConfig{}, func(brokerConfig, *pipeline.Env) (*pipeline.Source, error) {
	return nil, errors.New("the source of a preset is built for a test of it")
})

type brokerConfig struct {
	Queue string `yaml:"queue,required"`
	Key   string `yaml:"key"`
}

// asking is a stage that asks others over the network, unless it is told not to.
var asking = pipeline.DefineStage("asking", askingConfig{Ask: true}, func(askingConfig, *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(context.Context, *pipeline.Event) error { return nil }), nil
})

// piping is a stage that waits for an answer in real time, as a plugin does.
var piping = pipeline.DefineStage("piping", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(ctx context.Context, e *pipeline.Event) error {
		pipeline.Yield(ctx)
		defer pipeline.InRealTime(env.Clock)()
		answer, ask, err := os.Pipe()
		if err != nil {
			return err
		}
		defer answer.Close()
		go func() {
			defer ask.Close()
			for range 100 {
				runtime.Gosched()
			}
			fmt.Fprint(ask, "heard")
		}()
		heard, err := io.ReadAll(answer)
		e.SetMeta("answer", string(heard))
		return err
	}), nil
})

type askingConfig struct {
	Ask bool `yaml:"ask"`
}

func (c askingConfig) Traits() pipeline.Traits { return pipeline.Traits{Remote: c.Ask} }

// TestCases runs testdata/cases/*.txtar: flow.yaml, flow.test.yaml, and what is said about its
// tests; if there is updated.yaml, that is what Update makes of the file.
func TestCases(t *testing.T) {
	still := sim.NewStillness()
	defer still.Close()
	paths, _ := filepath.Glob("testdata/cases/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no cases")
	}
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { runCase(t, path, still) })
	}
}

func runCase(t *testing.T, path string, still *sim.Stillness) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, f := range a.Files {
		if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, results, file := said(t, still)
	got := map[string]string{"said": said}
	if file != nil {
		if _, err := file.Update(results); err != nil {
			got["updated.yaml"] = err.Error()
		} else {
			text, _ := os.ReadFile("flow.test.yaml")
			got["updated.yaml"] = string(text)
		}
	}
	for i, f := range a.Files {
		if now, compared := got[f.Name]; compared && now != string(f.Data) {
			t.Errorf("%s: got\n%s\nwant\n%s", f.Name, now, f.Data)
			a.Files[i].Data = []byte(now)
		}
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// said is what is wrong with the tests of flow.test.yaml.
func said(t *testing.T, still *sim.Stillness) (text string, results []*Result, file *File) {
	file, err := Read("flow.test.yaml")
	if err != nil {
		return err.Error() + "\n", nil, nil
	}
	for _, test := range file.Tests {
		r, err := file.Run(test, catalog(t), still)
		if err != nil {
			return text + err.Error() + "\n", results, file
		}
		results = append(results, r)
		text += test.Name + "\n" + r.text()
	}
	return text, results, file
}
