// Package live keeps the flows of a pipeline.yaml running while the file changes.
//
//	r, report := live.Load("pipeline.yaml", options)
//	...
//	go r.Run(ctx)
//	...
//	status, err := r.Reload(ctx) // reads the files again
//
// A reload takes effect as a whole or not at all: files with problems, and flows that cannot
// be started, leave running what ran before. Flows that are the same are not touched.
package live

import (
	"context"
	"errors"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// Runner runs the flows of a file and can be told to read it again.
type Runner struct {
	path    string
	options pipeline.Options
	first   *pipeline.Pipeline
	slot    chan struct{} // has room for whoever reloads
	started chan struct{} // closed once running is set

	running *pipeline.Running
	loaded  *copies // what the files held that runs now
	tried   *copies // what they held when they were read last

	report func(Status, error) // nil: the log is told

	mu     sync.Mutex
	status Status
}

// Load reads a file and builds its pipeline, as [pipeline.LoadWithReport] does. The runner is
// nil when the report has an error. Reloads use the same options.
func Load(path string, o pipeline.Options) (*Runner, *pipeline.Report) {
	files := newCopies(o.ReadFile)
	first := o
	first.ReadFile = files.read
	p, report := pipeline.LoadWithReport(path, first)
	if p == nil {
		return nil, report
	}
	r := &Runner{
		path: path, options: o, first: p, slot: make(chan struct{}, 1), started: make(chan struct{}),
		loaded: files, tried: files,
	}
	r.status = Status{Version: 1, Hash: files.hash(), Since: r.now(), Reloads: map[string]int{}}
	return r, report
}

// Report has f told of every reload, in place of the log. Call it before the flows run.
func (r *Runner) Report(f func(Status, error)) { r.report = f }

// Run runs the flows until none of them runs any longer, or ctx ends;
// [pipeline.Pipeline.Run] says what the error tells. It can be called once.
func (r *Runner) Run(ctx context.Context) error {
	running, err := pipeline.Start(ctx, r.first)
	if err != nil {
		return err
	}
	r.running = running
	close(r.started)
	return running.Wait()
}

// Pipeline is what runs now. It is another one after a reload, and the counters go on.
func (r *Runner) Pipeline() *pipeline.Pipeline {
	if r.isStarted() {
		return r.running.Pipeline()
	}
	return r.first
}

func (r *Runner) isStarted() bool {
	select {
	case <-r.started:
		return true
	default:
		return false
	}
}

// ErrNotRunning is the error of a reload after the end of the flows.
var ErrNotRunning = errors.New("the flows have ended: there is nothing to reload")
