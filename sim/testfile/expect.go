package testfile

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Expect is what must come of a test.
type Expect struct {
	// Out has for each sink what it gets: a list, in the order in which it comes, or any. What
	// comes at the same time stands in the order of the source, and that of one key as it comes.
	Out map[string]*conf.Node `yaml:"out"`
	// Dead are the dead letters, in the order in which they are written, or any.
	Dead *conf.Node `yaml:"dead"`
	// Counts are counters and their values. Those that are not there are not looked at; but
	// for returned, the messages that went back to their source, which are 0.
	Counts map[string]int64 `yaml:"counts"`

	out    map[string]*Expected // by sink
	dead   *Expected
	counts *conf.Node
}

// Expected is what a sink gets.
type Expected struct {
	Any    bool // whatever comes
	Events []*Event
	node   *conf.Node
}

// Event is what is expected of an event. What is not given is not looked at, but for marks.
type Event struct {
	// At is when it arrives, since the start.
	At *time.Duration `yaml:"at"`
	// ID is the event's id.
	ID *string `yaml:"id"`
	// Key is the event's key.
	Key *string `yaml:"key"`
	// Type is the event's type.
	Type *string `yaml:"type"`
	// Time is when it happened.
	Time *time.Time `yaml:"time"`
	// Body is the payload, which must be JSON and mean the same.
	Body *conf.Node `yaml:"body"`
	// Has are fields of the payload; it may have others.
	Has *conf.Node `yaml:"has"`
	// Text is the payload as it is.
	Text *string `yaml:"text"`
	// Meta is metadata; other metadata is not looked at.
	Meta map[string]string `yaml:"meta"`
	// Marks are those that leat leaves on an event, without "leat.", such as late.
	Marks []string `yaml:"marks,one"`
	// Stage is where a dead letter comes from, if not from a sink.
	Stage *string `yaml:"stage"`
	// Sink is the sink that refused the event of a dead letter.
	Sink *string `yaml:"sink"`
	// Error is a part of the error of a dead letter.
	Error *string `yaml:"error"`

	node *conf.Node
}

// Validate checks what one setting cannot.
func (e *Event) Validate() error {
	switch {
	case e.Body != nil && (e.Text != nil || e.Has != nil) || e.Text != nil && e.Has != nil:
		return pipeline.FieldError("body", "say what the payload is with one of body, has and text")
	case e.Has != nil && e.Has.Kind != conf.Map:
		return pipeline.FieldError("has", "want fields, as in has: {status: delivered}")
	}
	return nil
}

// complete reads what each sink gets.
func (e *Expect) complete(f *File, n *conf.Node) {
	e.out = map[string]*Expected{}
	for sink, list := range e.Out {
		e.out[sink] = f.expected(list)
		for _, ev := range e.out[sink].Events {
			if ev.Stage != nil || ev.Sink != nil || ev.Error != nil {
				f.problems.Errorf(ev.node, "stage, sink and error are of dead letters: expect those under dead")
			}
		}
	}
	if e.dead = f.expected(e.Dead); e.dead.node == nil {
		e.dead.node = n
	}
	e.counts = n.Get("counts")
}

// expected reads `any` or a list of events.
func (f *File) expected(n *conf.Node) *Expected {
	x := &Expected{node: n}
	switch {
	case n == nil || n.Kind == conf.Null:
	case n.Kind == conf.Scalar && n.Value == "any":
		x.Any = true
	case n.Kind == conf.List:
		for _, item := range n.Items {
			ev := &Event{node: item}
			conf.Decode(item, ev, f.problems)
			x.Events = append(x.Events, ev)
		}
	default:
		f.problems.Errorf(n, "want a list of events, as in [{at: 2m, body: {n: 1}}], or any")
	}
	return x
}
