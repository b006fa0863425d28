// Command sqs reads events from one SQS queue and sends them to another, in order
// and without copies. It brings an SQS server along, so that it needs no account.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

//go:embed pipeline.yaml
var flows string

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	server, err := sqstest.Start(sqstest.Options{Region: "eu-west-1"})
	if err != nil {
		return err
	}
	defer server.Close()
	for _, queue := range []string{"parcels", "notifications", "dead"} {
		if _, err := server.CreateQueue(queue, nil); err != nil {
			return err
		}
	}
	// What the carrier sends: out of order, one event twice, and a mistake.
	if err := server.Send("parcels",
		`{"id":3,"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"delivered"}`,
		`{"id":1,"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}`,
		`{"id":2,"parcel":"370600000000000011","at":"2025-06-02T21:10:00Z","what":"reached Bodø"}`,
		`{"id":1,"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}`,
		`<html>502 Bad Gateway</html>`,
	); err != nil {
		return err
	}
	if err := deliver(ctx, server); err != nil {
		return err
	}
	for _, m := range server.Messages("notifications") {
		fmt.Fprintf(out, "notification: %s\n", m.Body)
	}
	dead, _ := server.Queue("dead")
	fmt.Fprintf(out, "dead letters: %d\n", dead.Visible)
	return nil
}

// deliver runs the flow until the first queue is empty.
func deliver(ctx context.Context, server *sqstest.Server) error {
	p, report := pipeline.LoadText("pipeline.yaml", flows, pipeline.Options{
		Catalog: cli.StandardCatalog(),
		Getenv:  func(name string) (string, bool) { return server.URL, name == "SQS_ENDPOINT" },
	})
	if err := report.Err(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer stop()
		for q, _ := server.Queue("parcels"); q.Deleted < q.Sent && ctx.Err() == nil; q, _ = server.Queue("parcels") {
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return p.Run(ctx)
}
