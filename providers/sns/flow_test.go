package sns

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/stages/snsunwrap"
)

// troubled is a double with a topic that refuses the first requests and a queue
// behind it.
func troubled(t *testing.T, raw bool) (url, topic string) {
	t.Helper()
	s := sqstest.New(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
		if c.Action == "PublishBatch" && c.Number <= 2 {
			return &sqstest.Fault{Code: "Throttled", Status: 429}
		}
		return nil
	}})
	if _, err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	arn := s.CreateTopic("t")
	subscribe(t, s, arn, s.QueueARN("q"), raw)
	return s.URL, arn
}

// relay is two flows: a feed into a topic, and the queue q behind that topic into
// the sink out.
func relay(t *testing.T, url, arn, stages string) (*flowtest.Rig, chan *pipeline.Event) {
	t.Helper()
	aws := "endpoint: " + url + ", region: us-east-1, access_key_id: test"
	yaml := fmt.Sprintf(`version: 1
flows:
  send: {from: feed, to: topic, on_error: {retry: {backoff: 1ms..5ms}}}
  take: {from: {sqs: {queue: q, %s}}, %s to: out}
sinks:
  topic: {sns: {topic: "%s", subject: '"parcel " + id', attributes: {shop: body.shop}, %s}}
  out: record
`, aws, stages, arn, aws)
	arrived := make(chan *pipeline.Event, 100)
	rig := flowtest.Start(t, yaml, flowtest.Options{
		Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{snsunwrap.Stage}, Sources: []pipeline.SourceDef{sqs.Source}, Sinks: []pipeline.SinkDef{Sink}},
		Fail:    func(_ string, e *pipeline.Event, _ int) error { arrived <- e.Clone(); return nil },
	})
	return rig, arrived
}

func next(t *testing.T, arrived chan *pipeline.Event) *pipeline.Event {
	t.Helper()
	select {
	case e := <-arrived:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
		return nil
	}
}

func TestFromATopicThroughAQueueOutOfTheEnvelope(t *testing.T) {
	url, arn := troubled(t, false)
	rig, arrived := relay(t, url, arn, "stages: [snsunwrap: {verify: false}],")
	rig.Feed.Send("7", `{"shop":"é<&>","n":1.0}`)
	e := next(t, arrived)
	raw, _ := e.Bytes()
	if string(raw) != `{"shop":"é<&>","n":1.0}` || e.Meta("sns.shop") != "é<&>" || e.Meta("sns.Subject") != "parcel 7" || !strings.Contains(e.Meta("sns.leat"), `"id":"7"`) {
		t.Errorf("%s, subject %q, shop %q, label %s", raw, e.Meta("sns.Subject"), e.Meta("sns.shop"), e.Meta("sns.leat"))
	}
	if err := rig.Stop(); err != nil {
		t.Error(err)
	}
}

func TestRawDeliveryKeepsTheEventWhatItIs(t *testing.T) {
	url, arn := troubled(t, true)
	checkRelay(t, url, arn)
}

func checkRelay(t *testing.T, url, arn string) {
	t.Helper()
	rig, arrived := relay(t, url, arn, "")
	for i := range 50 {
		rig.Feed.Send(fmt.Sprint("event ", i), fmt.Sprintf(`{"n":%d}`, i))
	}
	seen := map[string]string{}
	for range 50 {
		e := next(t, arrived)
		raw, _ := e.Bytes()
		seen[e.ID] = string(raw)
	}
	for i := range 50 {
		if seen[fmt.Sprint("event ", i)] != fmt.Sprintf(`{"n":%d}`, i) {
			t.Errorf("event %d came as %q", i, seen[fmt.Sprint("event ", i)])
		}
	}
	if err := rig.Stop(); err != nil {
		t.Error(err)
	}
}

// A server of others says whether what the sink writes is what SNS reads.
func TestSinkAgainstAServerOfOthers(t *testing.T) {
	t.Cleanup(testservers.Stop)
	url := testservers.Fauxqs(t)
	c := config(topicARN, func(c *SinkConfig) { c.Endpoint, c.AccessKeyID, c.SecretAccessKey = url, "test", "test" })
	caller, err := c.Load(t.Context(), "us-east-1", "SNS")
	if err != nil {
		t.Fatal(err)
	}
	k := newSink(c, pipeline.System, quiet)
	defer func() { _ = k.close() }()
	if err := k.start(t.Context()); err == nil || !strings.Contains(err.Error(), "create it first") {
		t.Errorf("it started without its topic: %v", err)
	}
	var made struct {
		ARN string `xml:"CreateTopicResult>TopicArn"`
	}
	there := &api{caller, url}
	var create, connect form
	create.add("Name", "t")
	if err := there.call(t.Context(), "CreateTopic", create, &made); err != nil {
		t.Fatal(err)
	}
	createQueue(t, url)
	connect.add("TopicArn", made.ARN)
	connect.add("Protocol", "sqs")
	connect.add("Endpoint", strings.TrimSuffix(strings.Replace(made.ARN, ":sns:", ":sqs:", 1), ":t")+":q")
	connect.add("Attributes.entry.1.key", "RawMessageDelivery")
	connect.add("Attributes.entry.1.value", "true")
	if err := there.call(t.Context(), "Subscribe", connect, new(struct{})); err != nil {
		t.Fatal(err)
	}
	checkRelay(t, url, made.ARN)
}

func createQueue(t *testing.T, url string) {
	t.Helper()
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"QueueName":"q"}`))
	q.Header.Set("Content-Type", "application/x-amz-json-1.0")
	q.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(q)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
}

// FuzzPublished holds that no answer makes a message count as sent that the answer
// does not name, or breaks anything.
func FuzzPublished(f *testing.F) {
	f.Add("<R><PublishBatchResult><Successful><member><Id>0</Id></member></Successful></PublishBatchResult></R>")
	f.Add("<R><PublishBatchResult><Failed><member><Id>1</Id><Code>x</Code><SenderFault>true</SenderFault></member></Failed></PublishBatchResult></R>")
	f.Add("<R><PublishBatchResult><Successful><member><Id>99</Id></member><member><Id>-1</Id></member></Successful></PublishBatchResult></R>")
	f.Fuzz(func(t *testing.T, answer string) {
		var p published
		if xml.Unmarshal([]byte(answer), &p) != nil {
			return
		}
		sent := 0
		for _, err := range p.errors(3) {
			if err == nil {
				sent++
			}
		}
		if sent > len(p.Successful) {
			t.Errorf("%d of %d", sent, len(p.Successful))
		}
	})
}

func BenchmarkSink(b *testing.B) {
	s := sqstest.New(b, sqstest.Options{})
	arn := s.CreateTopic("t")
	c := config(arn, nil)
	c.Endpoint, c.AccessKeyID = s.URL, "test"
	k := newSink(c, pipeline.System, quiet)
	if err := k.start(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = k.close() })
	body := []byte(`{"trackingNumber":"370724761411111111","text":"` + strings.Repeat("x", 600) + `"}`)
	b.ReportAllocs()
	b.SetParallelism(250)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := k.deliver(context.Background(), pipeline.NewEvent("id", body)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/float64(s.Calls()["PublishBatch"]), "events/request")
}
