package main

import (
	"context"
	"fmt"
	"io"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// eta is a stage: it adds when the parcel should arrive.
var eta = pipeline.DefineStage("eta", etaConfig{Days: 3}, newETA)

type etaConfig struct {
	// How many days a parcel takes from its last event.
	Days int `yaml:"days"`
	// The field that gets the day, such as body.eta.
	As pipeline.Path `yaml:"as,required"`
}

// Validate has check report settings that cannot work, at their place in the file.
func (c etaConfig) Validate() error {
	if c.Days < 0 {
		return pipeline.FieldError("days", "must not be negative")
	}
	return nil
}

func newETA(c etaConfig, _ *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
		return e.Set(c.As, e.Time.AddDate(0, 0, c.Days).Format("2 January"))
	}), nil
}

// shopBus is a source: a plain Watermill subscriber that the service has anyway.
func shopBus(bus message.Subscriber) pipeline.SourceDef {
	type config struct {
		// What to subscribe to.
		Topic string `yaml:"topic,required"`
	}
	return pipeline.DefineSource("shopbus", config{}, func(c config, _ *pipeline.Env) (*pipeline.Source, error) {
		// A gochannel gives one message at a time and waits for it as long as
		// it takes.
		return pipeline.FromSubscriber(bus, c.Topic, pipeline.Source{InFlight: 1, Hold: pipeline.Forever}), nil
	})
}

// mailbox is a sink: it mails the customer, or prints the mail in this example.
func mailbox(out io.Writer) pipeline.SinkDef {
	type config struct {
		// The sender of the mails.
		From string `yaml:"from,required"`
	}
	return pipeline.DefineSink("mailbox", config{}, func(c config, _ *pipeline.Env) (pipeline.Handler, error) {
		return func(_ context.Context, e *pipeline.Event) error {
			body, err := e.Bytes()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "mail from %s: %s\n", c.From, body)
			return err // nil: the mail is out, the bus may forget the event
		}, nil
	})
}
