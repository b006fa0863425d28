package sqs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// Servers of others say whether what the sink writes is what SQS reads.
func TestSinkAgainstServersOfOthers(t *testing.T) {
	t.Run("fauxqs", func(t *testing.T) {
		endpoint := testservers.Fauxqs(t)
		t.Run("standard", func(t *testing.T) { checkServer(t, serverConfig(endpoint, "sink-standard")) })
		t.Run("fifo", func(t *testing.T) { checkServer(t, serverConfig(endpoint, "sink.fifo")) })
		t.Run("missing", func(t *testing.T) { checkMissing(t, endpoint) })
	})
	t.Run("elasticmq", func(t *testing.T) { // older than FIFO queues and attributes
		endpoint := testservers.ElasticMQ(t)
		c := serverConfig(endpoint, "sink-standard")
		c.Label = false
		t.Run("standard", func(t *testing.T) { checkServer(t, c) })
		t.Run("missing", func(t *testing.T) { checkMissing(t, endpoint) })
	})
}

func serverConfig(endpoint, queue string) SinkConfig {
	return sinkConfig(queue, func(c *SinkConfig) {
		c.Protocol = protocolAuto
		c.Settings = awsapi.Settings{Endpoint: endpoint, Region: "us-east-1", AccessKeyID: "test", SecretAccessKey: "test"}
	})
}

func checkMissing(t *testing.T, endpoint string) {
	k := newSink(serverConfig(endpoint, "sink-missing"), pipeline.System, quiet)
	if err := k.start(t.Context()); err == nil || !strings.Contains(err.Error(), "create it first") {
		t.Errorf("it started without its queue: %v", err)
	}
	_ = k.close()
}

// created makes a queue and returns what speaks to it.
func created(t *testing.T, c SinkConfig) api {
	t.Helper()
	caller, err := c.Load(t.Context(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"QueueName": {c.Queue}}
	if c.ref().fifo() {
		form.Set("Attribute.1.Name", "FifoQueue")
		form.Set("Attribute.1.Value", "true")
	}
	asked := []byte(fmt.Sprintf(`{"QueueName":%q}`, c.Queue))
	if c.ref().fifo() {
		asked = []byte(fmt.Sprintf(`{"QueueName":%q,"Attributes":{"FifoQueue":"true"}}`, c.Queue))
	}
	_, jsonErr := (&jsonAPI{caller: caller}).post(t.Context(), caller.Endpoint, "CreateQueue", asked)
	if jsonErr != nil {
		if err := (&queryAPI{caller: caller}).post(t.Context(), caller.Endpoint, "CreateQueue", form, new(struct{})); err != nil {
			t.Fatal(errors.Join(jsonErr, err))
		}
	}
	a := newAPI(caller, protocolAuto, quiet)
	at, err := a.resolve(t.Context(), c.ref())
	if err != nil {
		t.Fatal(err)
	}
	a.at(at)
	return a
}

// checkServer sends the events of several keys, those of each one after another, and
// looks at what is in the queue then.
func checkServer(t *testing.T, c SinkConfig) {
	a := created(t, c)
	k := newSink(c, pipeline.System, quiet)
	defer func() { _ = k.close() }()
	if err := k.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var calls sync.WaitGroup
	const events, keys = 60, 6
	for key := range keys {
		calls.Go(func() {
			for n := range events / keys {
				e := pipeline.NewEvent(fmt.Sprintf("%d-%d", key, n), fmt.Appendf(nil, "%d %d é<&>\t\"", key, n))
				e.Key = fmt.Sprint("key ", key)
				if err := k.deliver(context.Background(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	calls.Wait()
	if err := k.deliver(t.Context(), pipeline.NewEvent("x", []byte("a\x00"))); !pipeline.Rejected(err) {
		t.Error(err)
	}
	got := map[int][]int{}
	for _, m := range takeAll(t, a, events) {
		var key, n int
		if _, err := fmt.Sscanf(string(m.body), "%d %d é<&>\t\"", &key, &n); err != nil {
			t.Errorf("body %q: %v", m.body, err)
		}
		got[key] = append(got[key], n)
		checkLabel(t, c, m, key, n)
	}
	for key := range keys {
		if !c.ref().fifo() {
			slices.Sort(got[key])
		}
		if len(got[key]) != events/keys || !slices.IsSorted(got[key]) {
			t.Errorf("key %d: %v", key, got[key])
		}
	}
}

func checkLabel(t *testing.T, c SinkConfig, m *received, key, n int) {
	t.Helper()
	if !c.Label {
		return
	}
	label, _ := m.meta.Lookup("sqs.leat")
	var e pipeline.Event
	if err := e.ReadLabel(label); err != nil || e.ID != fmt.Sprintf("%d-%d", key, n) || e.Key != fmt.Sprint("key ", key) {
		t.Errorf("label %q: %v", label, err)
	}
}

// takeAll receives and deletes n messages.
func takeAll(t *testing.T, a api, n int) (got []*received) {
	t.Helper()
	until := time.Now().Add(30 * time.Second)
	for len(got) < n {
		if time.Now().After(until) {
			t.Fatalf("%d of %d messages came", len(got), n)
		}
		list, err := a.receive(t.Context(), receiveCall{wait: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			continue
		}
		var receipts []string
		for _, m := range list {
			receipts = append(receipts, m.receipt)
		}
		got = append(got, list...)
		if failed, err := a.remove(t.Context(), receipts); err != nil || len(failed) > 0 {
			t.Fatal(failed, err)
		}
	}
	return got
}
