package cli

import (
	"fmt"

	"github.com/leat-io/leat/internal/samplefeed"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// double stands for a vendor's service.
type double interface {
	// settings of the preset, as in a file, that lead to the double.
	settings() string
	send(samplefeed.Message) error
	// drained reports whether all that was sent has been taken for good.
	drained() bool
	close()
}

// doubleOf returns what starts the double of a vendor, nil if there is none.
func doubleOf(vendor string) func() (double, error) {
	switch vendor {
	case "di":
		return func() (double, error) { return newTopic("queue: sample, environment: production, verify: false") }
	case "sevensenders":
		return func() (double, error) { return newQueue("api_key: sample, queue: sample") }
	case "spapi", "mws":
		return func() (double, error) { return newQueue("queue: sample") }
	case "tiki":
		return newPull
	}
	return nil
}

const sampleQueue = "sample"

// queueDouble is a queue that messages are put into.
type queueDouble struct {
	server *sqstest.Server
	own    string // settings beside those of a queue
}

func newQueue(own string) (*queueDouble, error) {
	server, err := sqstest.Start(sqstest.Options{Region: "eu-west-1"})
	if err != nil {
		return nil, err
	}
	if _, err := server.CreateQueue(sampleQueue, nil); err != nil {
		server.Close()
		return nil, err
	}
	return &queueDouble{server, own}, nil
}

func (d *queueDouble) settings() string {
	return fmt.Sprintf("{%s, endpoint: %q, region: eu-west-1, access_key_id: sample, wait: 1s}", d.own, d.server.URL)
}

func (d *queueDouble) send(m samplefeed.Message) error { return d.server.Send(sampleQueue, m.Body) }

func (d *queueDouble) drained() bool {
	state, _ := d.server.Queue(sampleQueue)
	return state.Deleted == state.Sent
}

func (d *queueDouble) close() { d.server.Close() }

// sampleTopic is one of those that the preset di takes events of.
const sampleTopic = "arn:aws:sns:eu-west-1:022383231344:parcel-events-push-topic"

// topicDouble is a queue that is subscribed to a topic.
type topicDouble struct{ *queueDouble }

func newTopic(own string) (*topicDouble, error) {
	// Nothing is verified, so that no certificate may stand beside it.
	q, err := newQueue(own + ", override: {unwrap: {certificate: null}}")
	if err != nil {
		return nil, err
	}
	return &topicDouble{q}, nil
}

// send puts into the queue what SNS would.
func (d *topicDouble) send(m samplefeed.Message) error {
	return d.server.Send(sampleQueue, string(d.server.Notification(sampleTopic, m.Body, m.Attributes)))
}
