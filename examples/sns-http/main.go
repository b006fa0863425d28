// Command sns-http has SNS deliver a topic over HTTP, verifies what comes and
// prints it in order. It brings an SNS server along, so that it needs no account.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

//go:embed pipeline.yaml
var flows string

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	server, err := sqstest.Start(sqstest.Options{Region: "eu-west-1", Delivery: sqstest.HTTPDelivery{Gap: time.Second}})
	if err != nil {
		return err
	}
	defer server.Close()
	topic := server.CreateTopic("parcels")
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	spool, err := os.MkdirTemp("", "sns-http")
	if err != nil {
		return err
	}
	defer os.RemoveAll(spool)
	p, report := pipeline.LoadText("pipeline.yaml", flows, pipeline.Options{
		Catalog: cli.StandardCatalog(),
		Getenv:  variables{"LISTEN": listen, "SNS_ENDPOINT": server.URL, "SPOOL": spool}.get,
	})
	if err := report.Err(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := publish(server, topic, "http://"+listen+"/sns"); err != nil {
		return err
	}
	for p.Stats().Sum(pipeline.CountDelivered)+p.Stats().Sum(pipeline.CountDuplicates) < messages {
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return <-ended
}

const messages = 3

// publish subscribes the flow's address to the topic, waits until the flow has
// confirmed that, and publishes what a carrier would, out of order.
func publish(server *sqstest.Server, topic, address string) error {
	if err := ask(server, url.Values{"Action": {"Subscribe"}, "TopicArn": {topic}, "Protocol": {"http"}, "Endpoint": {address}}); err != nil {
		return err
	}
	for len(server.Subscriptions(topic)) == 0 || !server.Subscriptions(topic)[0].Confirmed {
		time.Sleep(50 * time.Millisecond)
	}
	for _, message := range []string{
		`{"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"delivered"}`,
		`{"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}`,
		`{"parcel":"370600000000000011","at":"2025-06-02T21:10:00Z","what":"reached Bodø"}`,
	} {
		if err := ask(server, url.Values{"Action": {"Publish"}, "TopicArn": {topic}, "Message": {message}}); err != nil {
			return err
		}
	}
	return nil
}

// ask calls an action of SNS.
func ask(server *sqstest.Server, form url.Values) error {
	answer, err := http.PostForm(server.URL, form)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", form.Get("Action"), answer.Status)
	}
	return nil
}

type variables map[string]string

func (v variables) get(name string) (string, bool) {
	value, ok := v[name]
	return value, ok
}

// freeAddress returns an address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
