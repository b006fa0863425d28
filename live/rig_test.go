package live

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const file = "pipeline.yaml"

// rig runs a file that a test changes. Its sources are the feeds "a" and "b", whose messages
// come again when they are handed back; its sinks are of
// type "record", and of type "shelf", of which only one may be open by a name.
type rig struct {
	*Runner
	a, b    *flowtest.Feed
	got     *flowtest.Recorder
	shelves *shelves
	more    func(*pipeline.Catalog)

	mu    sync.Mutex
	files map[string]string
	env   map[string]string

	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

func newRig(yaml string) *rig {
	return &rig{
		a: flowtest.NewFeed(nil, true), b: flowtest.NewFeed(nil, true),
		got: &flowtest.Recorder{}, shelves: &shelves{open: map[string]int{}}, files: map[string]string{file: yaml}, env: map[string]string{},
		ended: make(chan struct{}),
	}
}

func start(t *testing.T, yaml string) *rig {
	t.Helper()
	r := newRig(yaml)
	r.run(t)
	return r
}

func (r *rig) run(t *testing.T) {
	t.Helper()
	runner, report := Load(file, r.options())
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	r.Runner = runner
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.ended)
		r.err = runner.Run(ctx)
	}()
	t.Cleanup(func() { r.stop() })
	<-runner.started
}

func (r *rig) options() pipeline.Options {
	c := pipeline.Catalog{
		Stages: stages.All(), States: state.All(),
		Sources: []pipeline.SourceDef{r.a.Define("a"), r.b.Define("b")},
		Sinks:   []pipeline.SinkDef{r.got.Define("record"), r.shelves.define(r.got)},
	}
	if r.more != nil {
		r.more(&c)
	}
	return pipeline.Options{
		Catalog: c, DefaultState: "memory", ReadFile: r.read, Getenv: r.getenv,
	}
}

func (r *rig) read(name string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, ok := r.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

func (r *rig) getenv(name string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.env[name]
	return v, ok
}

func (r *rig) write(name, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[name] = text
}

// to reloads with another text of the file.
func (r *rig) to(yaml string) (Status, error) {
	r.write(file, yaml)
	return r.Reload(context.Background())
}

func (r *rig) mustTo(t *testing.T, yaml string) Status {
	t.Helper()
	s, err := r.to(yaml)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *rig) stop() error {
	r.cancel()
	<-r.ended
	return r.err
}

// shelves are sinks of which each can be open once by its name, as a port is.
type shelves struct {
	mu     sync.Mutex
	open   map[string]int // by name
	opened int
	refuse error // whoever is opened
}

type shelfConfig struct {
	Name  string          `yaml:"name"`
	Color string          `yaml:"color"`
	Key   pipeline.Secret `yaml:"key"`
	Break bool            `yaml:"break"`
}

func (s *shelves) define(got *flowtest.Recorder) pipeline.SinkDef {
	return pipeline.DefineSink("shelf", shelfConfig{}, func(c shelfConfig, env *pipeline.Env) (pipeline.Handler, error) {
		env.OnStart(func(context.Context) error { return s.start(c) })
		opened := false
		env.OnStart(func(context.Context) error { opened = true; return nil })
		env.OnClose(func() error {
			if opened {
				s.end(c.Name)
			}
			return nil
		})
		return func(_ context.Context, e *pipeline.Event) error {
			if s.count(c.Name) == 0 {
				return errors.New("the shelf is closed")
			}
			return got.Put(env.Name, e)
		}, nil
	})
}

func (s *shelves) start(c shelfConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refuse != nil:
		return s.refuse
	case c.Break:
		return errors.New("it is broken")
	case s.open[c.Name] > 0:
		return errors.New("somebody has this shelf already")
	}
	s.open[c.Name]++
	s.opened++
	return nil
}

func (s *shelves) end(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[name]--
}

func (s *shelves) setRefuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

func (s *shelves) count(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[name]
}
