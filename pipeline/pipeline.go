package pipeline

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redact"
)

// Pipeline is what a pipeline.yaml describes, ready to run once.
type Pipeline struct {
	clock       Clock
	log         *slog.Logger
	stopTimeout time.Duration
	started     atomic.Bool

	flows   []*flow // in the order of the file
	sinks   []*sink
	state   State
	steps   []*step
	parts   []*part // the state store, then the sinks
	units   []*unit // of flows
	hooks   []hook
	tries   []try
	stats   *stats
	measure bool             // see [Options].Measure
	epoch   time.Time        // readings of clocks are times since then
	sight   func(Sight)      // nil: nobody watches
	hide    *redact.Redactor // of secrets in what is written down for people

	admin   *AdminConfig
	tracing *TracingConfig
	tracer  Tracer // nil: nobody traces

	spools  []*spooled
	leases  *localLeases
	chance  func(n int64) int64 // nil: see random
	replace bool                // it is part of a [Running]
	read    func(name string) ([]byte, error)
}

// newPipeline returns an empty pipeline. After another one it goes on with what does not
// belong to any of its flows.
func newPipeline(o Options) *Pipeline {
	p := &Pipeline{clock: o.Clock, log: o.Log, read: o.ReadFile, measure: o.Measure, epoch: o.Clock.Now(), sight: o.Sight, stats: &stats{}, leases: &localLeases{}}
	if o.After != nil {
		before := o.After.Pipeline()
		p.stats, p.leases = before.stats, before.leases
	}
	return p
}

// Options are what a program lends to a pipeline.
type Options struct {
	// Catalog lists what the file may name.
	Catalog Catalog
	// Overlays are further files that add to the first and replace parts of it.
	Overlays []string
	// Patches are texts that are laid over the files, after the overlays.
	Patches []Text
	// Clock is where time comes from; nil: [System].
	Clock Clock
	// Log gets what operators should know; nil: nothing is logged.
	Log *slog.Logger
	// Getenv finds environment variables; nil: os.LookupEnv.
	Getenv func(string) (string, bool)
	// Offline has presets leave out what needs a network, such as the verification of
	// signatures: for a look at payloads, not for a run.
	Offline bool
	// Rehearsal has flows take a feed from elsewhere; nil: from where the file says.
	Rehearsal *Rehearsal
	// Replay has flows take dead letters; nil: from where the file says.
	Replay *Replay
	// TryOut has parts try what only others can tell, such as plugins, which look at
	// their settings themselves. They are started for that, and ended again.
	TryOut bool
	// Measure has the engine count and time what only monitoring asks for, see
	// [Pipeline.Measured]. It costs some readings of the clock, for each event or, of
	// messages with many, for each eighth.
	Measure bool
	// Sight is told what happens to each event at each stage and sink; nil: nobody is. It is
	// called by whoever has the event, concurrently, and must not wait.
	Sight func(Sight)
	// Tracer returns what makes spans of the way of events, for what the file says under
	// tracing, nil if it says nothing; it may return nil, and be called for a file that has
	// problems. Nil: nobody traces, and it costs nothing.
	Tracer func(*TracingConfig) Tracer
	// Isolation cuts the pipeline off from everything outside; nil: it is not.
	Isolation *Isolation
	// After is what runs and what the pipeline is to come after, see
	// [Running.Replace]; nil: it runs by itself.
	After *Running
	// ReadFile reads pipeline.yaml, overlays, presets, samples and what ${file:…} names;
	// nil: os.ReadFile.
	ReadFile func(name string) ([]byte, error)
	// Watch is told what stages do with each event; nil: nobody is, and it costs nothing.
	Watch Watcher
	// DefaultState is used when the file names no state; the zero value: the
	// first of Catalog.States, with its defaults.
	DefaultState string

	setupOf string // the flow whose `setup` is read too
}

// Text is the text of a file that is not on disk. Name is only printed.
type Text struct{ Name, Text string }

// Problem is something wrong, or questionable, in a file.
type Problem = conf.Problem

// Report is what [Check] found.
type Report struct{ problems *conf.Problems }

// Problems returns all problems in the order of the files.
func (r *Report) Problems() []Problem { return r.problems.List() }

// Err returns nil when nothing keeps the pipeline from running; warnings do not.
func (r *Report) Err() error { return r.problems.Err() }

// Print writes every problem with its place, the offending line and what to do.
func (r *Report) Print(w io.Writer) { r.problems.Render(w, conf.Colours{}) }

// PrintColoured is [Report.Print] for a terminal.
func (r *Report) PrintColoured(w io.Writer) {
	r.problems.Render(w, conf.Colours{Place: "\x1b[1m", Error: "\x1b[31m", Warning: "\x1b[33m", Reset: "\x1b[0m"})
}

// Load reads a pipeline.yaml and builds its pipeline. The error holds every
// problem of the file. Nothing runs, is opened or is connected to yet.
func Load(path string, o Options) (*Pipeline, error) {
	p, report := load(path, o)
	if err := report.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// LoadWithReport is [Load] for programs that also want to show warnings. The
// pipeline is nil when the report has an error.
func LoadWithReport(path string, o Options) (*Pipeline, *Report) {
	p, report := load(path, o)
	if report.Err() != nil {
		return nil, report
	}
	return p, report
}

// Check reads a pipeline.yaml as [Load] does and reports what it found.
func Check(path string, o Options) *Report {
	_, report := load(path, o)
	return report
}

// LoadText is [LoadWithReport] for a file that is not on disk. Name is only
// printed.
func LoadText(name, text string, o Options) (*Pipeline, *Report) {
	b, report := build([]conf.Source{{Name: name, Data: []byte(text)}}, o.withDefaults())
	if report.Err() != nil {
		return nil, report
	}
	return b.p, report
}

func load(path string, o Options) (*Pipeline, *Report) {
	b, report := loadBuilder(path, o)
	return b.p, report
}

func loadBuilder(path string, o Options) (*fileBuilder, *Report) {
	o = o.withDefaults()
	var sources []conf.Source
	unread := &conf.Problems{}
	for _, name := range append([]string{path}, o.Overlays...) {
		data, err := o.ReadFile(name)
		if err != nil {
			unread.Errorf(nil, "%v", readError(name, err))
			continue
		}
		sources = append(sources, conf.Source{Name: name, Data: data})
	}
	for _, patch := range o.Patches {
		sources = append(sources, conf.Source{Name: patch.Name, Data: []byte(patch.Text)})
	}
	if unread.HasErrors() {
		return &fileBuilder{}, &Report{unread}
	}
	return build(sources, o)
}

func readError(name string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New(name + ": there is no such file")
	case errors.Is(err, os.ErrPermission):
		return errors.New(name + ": permission denied: the file may not be read")
	case errors.Is(err, syscall.EISDIR):
		return errors.New(name + ": this is a folder: name a file in it")
	}
	return err
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = System
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	return o
}

// defaultStopTimeout is how long a stop waits for events that are under way.
const defaultStopTimeout = 30 * time.Second
