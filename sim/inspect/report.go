package inspect

import (
	"encoding/json"
	"time"
)

// Report is what became of the payloads.
type Report struct {
	Flow     string        `json:"flow"`
	Source   string        `json:"source"`
	At       time.Time     `json:"at"`
	Passed   time.Duration `json:"-"` // of the flow's time
	Messages []*Message    `json:"messages"`
}

// Fate is what became of a message.
type Fate string

// Fates of messages.
const (
	FateSettled  Fate = "settled"  // its source forgets it
	FateReturned Fate = "returned" // its source offers it again
	FateOpen     Fate = "open"     // neither yet: something is held, or tried again
)

// Message is a payload and what became of it.
type Message struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Fate Fate   `json:"fate"`
	Way
}

// Way is where an event goes, in order: to a stage, and to sinks.
type Way struct {
	Steps []*Step `json:"steps"`
}

// Step is an event in a stage, or at a sink.
type Step struct {
	Flow  string `json:"flow,omitempty"`
	Stage string `json:"stage,omitempty"`
	Type  string `json:"type,omitempty"`
	Sink  string `json:"sink,omitempty"`
	// Came is when it came there, Went when it went on or ended there; nil: it is there still.
	Came Moment  `json:"came"`
	Went *Moment `json:"went,omitempty"`
	// Event is what came.
	Event Look `json:"event"`
	// Attempts is how often the stage was called, Error why the last call failed, and
	// Rejected that it would never succeed.
	Attempts int    `json:"attempts,omitempty"`
	Error    string `json:"error,omitempty"`
	Rejected bool   `json:"rejected,omitempty"`
	// Dropped is what the stage counts an event as that it neither gives on nor fails:
	// "duplicates" or "dropped", for example.
	Dropped string `json:"dropped,omitempty"`
	// Letter is the dead letter that the sink got.
	Letter *Letter `json:"dead_letter,omitempty"`
	// Parts are the events that the stage gave on.
	Parts []*Part `json:"parts,omitempty"`
	Way

	detail string
	holds  time.Duration
}

// Detail are the stage's settings in a line.
func (s *Step) Detail() string { return s.detail }

// Holds is for how long the stage may hold an event.
func (s *Step) Holds() time.Duration { return s.holds }

// Moment is a point in time. Message is the number of the message, from 1, that had come
// last by then; behind the last one it is the end of the input.
type Moment struct {
	Time    time.Time `json:"time"`
	Message int       `json:"message"`
}

// Part is an event that a stage gave on.
type Part struct {
	At    Moment `json:"at"`
	Event Look   `json:"event"`
	// Changes are what differs from the event that came, in words.
	Changes []string `json:"changes,omitempty"`
	Way
}

// Letter is what a dead letter says.
type Letter struct {
	Stage string `json:"stage,omitempty"`
	Sink  string `json:"sink,omitempty"`
	Error string `json:"error"`
}

// Look is an event as it was at a point, without secrets.
type Look struct {
	ID   string            `json:"id"`
	Key  string            `json:"key,omitempty"`
	Type string            `json:"type,omitempty"`
	Time *time.Time        `json:"time,omitempty"`
	Meta map[string]string `json:"meta,omitempty"`
	// Body is the payload if it is JSON, else Text.
	Body json.RawMessage `json:"body,omitempty"`
	Text string          `json:"text,omitempty"`
}
