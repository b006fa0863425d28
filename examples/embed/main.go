// Command embed is a service with a Watermill router of its own, to which it
// adds a leat flow. The flow is in pipeline.yaml; the stage, the source and the
// sink that only this service has are in parts.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/stages/dedupe"
	"github.com/leat-io/leat/stages/identify"
	"github.com/leat-io/leat/state/memory"
)

func main() {
	if err := serve(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// serve runs the service until today's messages are worked through, and writes
// what happened to out.
func serve(ctx context.Context, out io.Writer) error {
	// With this option Publish returns once the message is acknowledged, which
	// a leat source does when the event is settled.
	bus := gochannel.NewGoChannel(gochannel.Config{BlockPublishUntilSubscriberAck: true}, watermill.NopLogger{})

	// What the service did before it knew of leat.
	router, err := message.NewRouter(message.RouterConfig{}, watermill.NopLogger{})
	if err != nil {
		return err
	}
	router.AddConsumerHandler("orders", "orders", bus, func(m *message.Message) error {
		fmt.Fprintf(out, "order: %s\n", m.Payload)
		return nil
	})

	// What is new: load the flow, add it, close it after the router.
	p, err := pipeline.Load("pipeline.yaml", pipeline.Options{Catalog: catalog(bus, out)})
	if err != nil {
		return err
	}
	closeFlows, err := p.AddTo(ctx, router)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- router.Run(ctx) }()
	<-router.Running()

	err = aDayAtTheShop(bus)
	stop()
	err = errors.Join(err, <-ended, closeFlows())
	fmt.Fprintf(out, "copies dropped: %d\n", p.Stats().Sum(pipeline.CountDuplicates))
	return err
}

// catalog lists what pipeline.yaml may name. What is not listed is not linked
// into the program; cli.StandardCatalog() is everything that comes with leat.
func catalog(bus message.Subscriber, out io.Writer) pipeline.Catalog {
	return pipeline.Catalog{
		Stages:  []pipeline.StageDef{identify.Stage, dedupe.Stage, eta},
		Sources: []pipeline.SourceDef{shopBus(bus)},
		Sinks:   []pipeline.SinkDef{mailbox(out)},
		States:  []pipeline.StateDef{memory.State},
	}
}

// aDayAtTheShop publishes an order and what becomes of it. The carrier sends one
// event twice.
func aDayAtTheShop(bus message.Publisher) error {
	for _, m := range [][2]string{
		{"orders", "two pairs of mittens for Kari"},
		{"parcel-events", `{"id":1,"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}`},
		{"parcel-events", `{"id":2,"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"reached Bodø"}`},
		{"parcel-events", `{"id":2,"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"reached Bodø"}`},
	} {
		if err := bus.Publish(m[0], message.NewMessage(watermill.NewUUID(), []byte(m[1]))); err != nil {
			return err
		}
	}
	return nil
}
