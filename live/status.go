package live

import (
	"maps"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Status is what runs, and how the last reload went.
type Status struct {
	// Version counts what ran since the process has started, beginning with 1.
	Version int `json:"version"`
	// Hash is a digest of the files that what runs was read from.
	Hash string `json:"hash"`
	// Since is when it was read.
	Since time.Time `json:"since"`
	// Flows are those of the file, and what they do.
	Flows []pipeline.FlowState `json:"flows,omitempty"`
	// Last is the last reload; nil: there was none.
	Last *Attempt `json:"last,omitempty"`
	// Reloads counts them by their results.
	Reloads map[string]int `json:"reloads"`
}

// Attempt is a reload.
type Attempt struct {
	At time.Time `json:"at"`
	// Took is how long it took, in seconds, the end of what was replaced included.
	Took float64 `json:"took"`
	// Result is ok, refused or failed.
	Result string `json:"result"`
	// Error says why nothing new runs.
	Error string `json:"error,omitempty"`
	// Problems are those of the files, warnings included.
	Problems []Problem `json:"problems,omitempty"`
	// Change is what became of the flows; of a reload that failed, what it wanted to do.
	Change pipeline.Change `json:"change"`
}

// Results of a reload.
const (
	// ResultOK: the files run as they are now.
	ResultOK = "ok"
	// ResultRefused: the files have problems, and nothing was touched.
	ResultRefused = "refused"
	// ResultFailed: what is new could not be started, and what ran before was started again.
	// A flow that did not start even so is down.
	ResultFailed = "failed"
)

// Results are all of them.
func Results() []string { return []string{ResultOK, ResultRefused, ResultFailed} }

// Problem is one of a file.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Warning bool   `json:"warning,omitempty"`
	Message string `json:"message"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
}

func problemsOf(report *pipeline.Report) (all []Problem) {
	for _, p := range report.Problems() {
		all = append(all, Problem{p.File, p.Line, p.Col, p.Warning, p.Msg, p.Hint})
	}
	return all
}

// Status returns the current one. It may be called at any time.
func (r *Runner) Status() Status {
	r.mu.Lock()
	s := r.status
	s.Reloads = maps.Clone(s.Reloads)
	r.mu.Unlock()
	if r.isStarted() {
		s.Flows = r.running.Flows()
	}
	return s
}

// Down are the names of the flows that could not be started.
func (s Status) Down() (names []string) {
	for _, f := range s.Flows {
		if f.State == pipeline.FlowDown {
			names = append(names, f.Name)
		}
	}
	return names
}

func (r *Runner) now() time.Time {
	if r.options.Clock != nil {
		return r.options.Clock.Now()
	}
	return pipeline.System.Now()
}
