package sqs

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// Servers that we did not write.

func TestFauxqsIsRead(t *testing.T) {
	t.Parallel()
	endpoint := testservers.Fauxqs(t)
	for _, protocol := range []string{protocolAuto, protocolJSON} {
		readAll(t, endpoint, protocol, "from-fauxqs-"+protocol)
	}
}

// ElasticMQ speaks the query protocol only.
func TestElasticMQIsRead(t *testing.T) {
	t.Parallel()
	endpoint := testservers.ElasticMQ(t)
	for _, protocol := range []string{protocolAuto, protocolQuery} {
		readAll(t, endpoint, protocol, "from-elasticmq-"+protocol)
	}
}

// readAll puts messages into a queue of a server and receives them: most are
// acknowledged, some are handed back once, and one is held beyond its timeout.
func readAll(t *testing.T, endpoint, protocol, name string) {
	t.Helper()
	const messages = 45
	settings := awsapi.Settings{Endpoint: endpoint, Region: "us-east-1", AccessKeyID: "test", SecretAccessKey: "test"}
	createByForm(t, settings, name)
	c := Source.Defaults.(SourceConfig)
	c.Settings, c.Queue, c.Protocol, c.Wait, c.VisibilityTimeout = settings, name, protocol, time.Second, 2*time.Second
	sub := newSubscriber(c, pipeline.System, quiet)
	sub.plain = true
	out, err := sub.Subscribe(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	q := sub.subs[0].queue
	for i := 0; i < messages; i += 5 {
		var batch []*outgoing
		for j := range 5 {
			batch = append(batch, &outgoing{body: strconv.Itoa(i + j)})
		}
		if failed, err := q.send(t.Context(), batch); err != nil || failed != nil {
			t.Fatal(failed, err)
		}
	}
	seen := map[string]int{}
	deadline := time.After(time.Minute)
	for acked := 0; acked < messages; {
		select {
		case m := <-out:
			body := string(m.Payload)
			seen[body]++
			switch {
			case seen[body] == 1 && len(seen)%9 == 0:
				m.Nack()
				continue
			case body == "7":
				time.AfterFunc(3*time.Second, func() { m.Ack() })
			default:
				m.Ack()
			}
			acked++
		case <-deadline:
			t.Fatalf("%s over %s: %d of %d came in a minute", name, protocol, len(seen), messages)
		}
	}
	for state := map[string]string{}; state["ApproximateNumberOfMessages"] != "0" || state["ApproximateNumberOfMessagesNotVisible"] != "0"; {
		if state, err = q.attributes(context.Background()); err != nil {
			t.Fatal(err)
		}
		select {
		case m := <-out:
			t.Fatalf("%s over %s: %s came again", name, protocol, m.Payload)
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%s over %s: not all are deleted: %v", name, protocol, state)
		}
	}
	if err := sub.Close(); err != nil {
		t.Error(err)
	}
}

func createByForm(t *testing.T, settings awsapi.Settings, name string) {
	t.Helper()
	caller, err := settings.Load(t.Context(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	var none struct{}
	if err := (&queryAPI{caller: caller}).post(t.Context(), caller.Endpoint, "CreateQueue", url.Values{"QueueName": {name}}, &none); err != nil {
		// Not every server speaks both.
		if _, err := (&jsonAPI{caller: caller}).post(t.Context(), caller.Endpoint, "CreateQueue", []byte(`{"QueueName":"`+name+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
}
