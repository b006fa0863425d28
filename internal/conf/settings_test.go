package conf

import (
	"errors"
	"fmt"
	"time"
)

// flow is the kind of settings a pipeline has, with something of every type.
type flow struct {
	Version int                `yaml:"version" json:",omitzero"`
	Sinks   map[string]sink    `yaml:"sinks" json:",omitzero"`
	Stages  []stage            `yaml:"stages" json:",omitzero"`
	From    []origin           `yaml:"from,one" json:",omitzero"`
	Limits  limits             `yaml:"limits" json:",omitzero"`
	OnError *onError           `yaml:"on_error" json:",omitzero"`
	Weights map[string]float64 `yaml:"weights" json:",omitzero"`
	Extra   any                `yaml:"extra" json:",omitzero"`
	Rest    *Node              `yaml:"rest" json:",omitzero"`
	Token   Secret             `yaml:"token" json:",omitzero"`
	Level   level              `yaml:"level" json:",omitzero"`
	Rate    rate               `yaml:"rate" json:",omitzero"`
	Ignored string             `json:",omitzero"`
}

type sink struct {
	URL    string `yaml:"url,required"`
	common `yaml:",inline"`
}

type common struct {
	MaxInFlight int  `yaml:"max_in_flight" json:",omitzero"`
	Gzip        bool `yaml:"gzip" json:",omitzero"`
}

type stage struct {
	Dedupe *dedupe `yaml:"dedupe" json:",omitzero"`
	Filter *filter `yaml:"filter" json:",omitzero"`
	Split  *split  `yaml:"split" json:",omitzero"`
}

type dedupe struct {
	TTL time.Duration `yaml:"ttl" json:",omitzero"`
	By  []string      `yaml:"by,one" json:",omitzero"`
}

type filter struct {
	When string `yaml:"when,short,required"`
}

type split struct {
	Each string `yaml:"each,required"`
}

type origin struct {
	Queue string `yaml:"queue"`
}

type limits struct {
	Body  Size          `yaml:"body" json:",omitzero"`
	Min   time.Duration `yaml:"min" json:",omitzero"`
	Max   time.Duration `yaml:"max" json:",omitzero"`
	Count uint8         `yaml:"count" json:",omitzero"`
	Ratio float64       `yaml:"ratio" json:",omitzero"`
}

// Validate checks what no single setting can.
func (l limits) Validate() error {
	var errs []error
	if l.Min > l.Max {
		errs = append(errs, FieldError("min", "%s is longer than max, which is %s", l.Min, l.Max))
	}
	if l.Body > 0 && l.Count == 0 {
		errs = append(errs, errors.New("body needs a count"))
	}
	return errors.Join(errs...)
}

type onError struct {
	Backoff Range `yaml:"backoff"`
}

// level reads itself from text.
type level int

func (l *level) UnmarshalText(text []byte) error {
	switch string(text) {
	case "low":
		*l = 1
	case "high":
		*l = 2
	default:
		return fmt.Errorf("unknown level %q: use low or high", text)
	}
	return nil
}

// rate reads itself from a node: 10/s, or a map.
type rate struct {
	Events int           `yaml:"events" json:",omitzero"`
	Per    time.Duration `yaml:"per" json:",omitzero"`
}

func (r *rate) UnmarshalNode(n *Node, p *Problems) {
	if n.Kind == Scalar {
		if _, err := fmt.Sscanf(n.Value, "%d/s", &r.Events); err != nil {
			p.Errorf(n, "rate: want a rate such as 10/s, got %q", n.Value)
		}
		r.Per = time.Second
		return
	}
	type plain rate
	Decode(n, (*plain)(r), p)
}

func defaults() flow {
	return flow{Limits: limits{Max: time.Minute}, OnError: &onError{Backoff: Range{time.Second, time.Minute}}}
}
