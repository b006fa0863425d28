package tracing

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"github.com/leat-io/leat/pipeline"
)

// Exporting sends the spans of a program to where the file of its pipeline says:
//
//	x := tracing.NewExporting(tracing.Options{Log: log})
//	p, err := pipeline.Load("pipeline.yaml", pipeline.Options{Catalog: catalog, Tracer: x.Tracer})
//	...
//	err = x.Start(ctx) // before the pipeline runs
//	defer x.Close()    // after it has ended
//
// With a file that says nothing of tracing it does nothing. What the first file says
// counts until the end: that spans are made is built into the flows.
type Exporting struct {
	options Options
	log     *slog.Logger

	mu     sync.Mutex
	asked  bool
	config *pipeline.TracingConfig // nil: the file says nothing

	tracer   atomic.Pointer[Tracer] // nil before Start
	exporter sdk.SpanExporter
	provider *sdk.TracerProvider
	queue    *queue
	closing  context.CancelFunc // has each batch be tried once
	over     context.CancelFunc // nothing is waited for any longer
}

// Options are what a program lends.
type Options struct {
	// Log gets what operators should know; nil: nothing is logged.
	Log *slog.Logger
	// Version is that of the program, an attribute of all spans; "": there is none.
	Version string
	// Getenv finds variables of OpenTelemetry; nil: os.LookupEnv. The exporters read
	// theirs from the environment of the process all the same.
	Getenv func(string) (string, bool)
}

// NewExporting returns one that waits for a file.
func NewExporting(o Options) *Exporting {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	return &Exporting{options: o, log: o.Log.With("part", "tracing")}
}

// Tracer is what [pipeline.Options] wants.
func (x *Exporting) Tracer(c *pipeline.TracingConfig) pipeline.Tracer {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.asked {
		x.asked, x.config = true, c
	}
	if x.config == nil {
		return nil
	}
	return x
}

// Start begins to send. The collector need not be there; an error says what is wrong with
// the settings.
func (x *Exporting) Start(ctx context.Context) error {
	x.mu.Lock()
	c := x.config
	x.mu.Unlock()
	if c == nil || x.tracer.Load() != nil {
		return nil
	}
	var err error
	if x.exporter, err = newExporter(ctx, c, x.options.Getenv); err != nil {
		return err
	}
	var closing, over context.Context
	closing, x.closing = context.WithCancel(context.Background())
	over, x.over = context.WithCancel(context.Background())
	x.queue = newQueue(c.Queue, &sending{exporter: x.exporter, timeout: c.Timeout, log: x.log, closing: closing, over: over})
	x.provider = sdk.NewTracerProvider(x.providerOptions(c)...)
	x.tracer.Store(New(x.provider, c.Incoming))
	return nil
}

func (x *Exporting) providerOptions(c *pipeline.TracingConfig) []sdk.TracerProviderOption {
	o := []sdk.TracerProviderOption{sdk.WithSpanProcessor(x.queue), sdk.WithResource(x.resource(c))}
	if c.Sample != nil {
		o = append(o, sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(*c.Sample))))
	}
	return o
}

// Begin implements [pipeline.Tracer].
func (x *Exporting) Begin(ctx context.Context, at pipeline.Leg) (context.Context, pipeline.Span) {
	if t := x.tracer.Load(); t != nil {
		return t.Begin(ctx, at)
	}
	return ctx, nil
}

// Carry implements [pipeline.Tracer].
func (x *Exporting) Carry(ctx context.Context, set func(name, value string)) {
	if t := x.tracer.Load(); t != nil {
		t.Carry(ctx, set)
	}
}

// Lost is how many spans were dropped because they could not be sent, or not as fast as
// they came.
func (x *Exporting) Lost() int64 {
	if x.tracer.Load() == nil {
		return 0
	}
	return x.queue.lost.Load()
}

// stopGrace is how long a request may still take that is under way when the time is up.
const stopGrace = time.Second

// Close sends what waits, within the timeout of the settings, and no attempt is repeated.
// Call it after the pipeline has ended.
func (x *Exporting) Close() error {
	if x.tracer.Load() == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.config.Timeout)
	defer cancel()
	x.closing()
	err := x.provider.Shutdown(ctx)
	x.over()
	grace, done := context.WithTimeout(context.Background(), stopGrace)
	defer done()
	_ = x.queue.Shutdown(grace) // at once, as its requests have ended
	_ = x.exporter.Shutdown(grace)
	if lost := x.Lost() + int64(len(x.queue.spans)); lost > 0 {
		x.log.Warn("spans were dropped, because they could not be sent or not as fast as they came", "spans", lost)
	}
	return err
}
