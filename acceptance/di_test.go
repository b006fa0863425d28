package acceptance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

const (
	staging    = "arn:aws:sns:eu-west-1:163369885595:parcel-events-push-topic"
	production = "arn:aws:sns:eu-west-1:022383231344:parcel-events-push-topic"
	foreign    = "arn:aws:sns:eu-west-1:999999999999:parcel-events-push-topic"
)

// parcelEvent is an event of DI. It happened at a local time.
func parcelEvent(parcel, at, kind string) string {
	return fmt.Sprintf(`{"shipmentNumber":null,"trackingNumber":%q,"eventTime":%q,"lat":null,"lon":null,"locationContext":null,`+
		`"eventType":{"apiKey":%q,"description":null},"additionalInfo":null,"eventGroup":null,"comChannelType":null,"changeUserId":null,"regSystem":null,"message":null}`, parcel, at, kind)
}

func push(events ...string) string { return `{"events":[` + strings.Join(events, ",") + "]}" }

// signer is an SNS whose certificate a flow can be given.
type signer struct {
	*sqstest.Server
	pem string
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s, err := sqstest.Handler(sqstest.Options{Region: "eu-west-1", Clock: flowtest.NewClock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	pem := filepath.Join(t.TempDir(), "sns.pem")
	if err := os.WriteFile(pem, s.CertificatePEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return &signer{s, pem}
}

// from is the preset that verifies what the signer has signed.
func (s *signer) from(more string) string {
	return fmt.Sprintf("{di: {source: {feed: {}}, override: {unwrap: {certificate: %q}}%s}}", s.pem, more)
}

// unsigned is the preset for what nobody signs.
const unsigned = "{di: {source: {feed: {}}, verify: false, raw: true}}"

func TestDI1Documented(t *testing.T) {
	w := want{key: "370724761411111111", kind: "103", time: "2019-01-22T13:38:00.000Z"}
	account := `, environment: ["arn:aws:sns:eu-west-1:081098945233:*"]`
	for file, from := range map[string]string{
		"di/documented-message.json":          unsigned,
		"di/documented-sns-notification.json": "{di: {source: {feed: {}}, verify: false" + account + "}}",
	} {
		got, letters := readAs(t, from, vector(t, file))
		if len(got) != 1 {
			t.Fatalf("%s: %d events, dead letters %q", file, len(got), letters)
		}
		w.check(t, got[0])
	}
	mustBury(t, "{di: {source: {feed: {}}, verify: false}}", vector(t, "di/documented-sns-notification.json"), "topic")
}

// sns is a server that DI's topic is on.
func sns(t *testing.T) *sqstest.Server {
	t.Helper()
	s := sqstest.New(t, sqstest.Options{Region: "eu-west-1", Delivery: sqstest.HTTPDelivery{Gap: 50 * time.Millisecond}})
	s.CreateTopic(production)
	if _, err := s.CreateQueue("parcel-events", nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// fromQueue is the preset on a queue of the server.
func fromQueue(s *sqstest.Server, more string) string {
	return fmt.Sprintf("{di: {queue: parcel-events, endpoint: %q, access_key_id: test, override: {unwrap: {endpoint: %q}}%s}}", s.URL, s.URL, more)
}

// TestDI1DI3Queue: the confirmation comes over the queue of the events, is answered once
// and goes no further.
func TestDI1DI3Queue(t *testing.T) {
	s := sns(t)
	rig := start(t, flow{from: fromQueue(s, ""), stages: "dedupe: {}"})
	subscribe(t, s, "sqs", s.QueueARN("parcel-events"))
	await(t, "the subscription confirmed", func() bool { return confirmed(s) })
	publish(t, s, production, push(parcelEvent("37001", "2025-06-12 10:08:23", "103"), parcelEvent("37002", "2025-06-12 10:08:23", "103")))
	await(t, "both messages deleted", settled(s, "parcel-events", 2))
	checkTwo(t, rig)
	if n := s.Calls()["ConfirmSubscription"]; n != 1 {
		t.Errorf("confirmed %d times", n)
	}
}

func TestDI1DI3HTTP(t *testing.T) {
	s, address := sns(t), freeAddress(t)
	from := fmt.Sprintf("{di: {listen: %q, path: /sns, endpoint: %q, spool: {path: %q}}}", address, s.URL, t.TempDir())
	rig := start(t, flow{from: from, stages: "dedupe: {}"})
	subscribe(t, s, "http", "http://"+address+"/sns")
	await(t, "the subscription confirmed", func() bool { return confirmed(s) })
	publish(t, s, production, push(parcelEvent("37001", "2025-06-12 10:08:23", "103"), parcelEvent("37002", "2025-06-12 10:08:23", "103")))
	await(t, "both events", func() bool { return len(rig.Recorder.Got("out")) == 2 })
	checkTwo(t, rig)
	if n := s.Calls()["ConfirmSubscription"]; n != 1 {
		t.Errorf("confirmed %d times", n)
	}
}

func checkTwo(t *testing.T, rig *flowtest.Rig) {
	t.Helper()
	got := rig.Recorder.Got("out")
	slices.SortFunc(got, func(a, b flowtest.Got) int { return strings.Compare(a.Key, b.Key) })
	if dead := rig.Recorder.Bodies("dead"); len(got) != 2 || len(dead) != 0 {
		t.Fatalf("%d events, dead letters %q", len(got), dead)
	}
	want{key: "37001", kind: "103", time: "2025-06-12T08:08:23.000Z"}.check(t, got[0])
	want{key: "37002", kind: "103", time: "2025-06-12T08:08:23.000Z"}.check(t, got[1])
	if shop := got[0].Meta["sns.shopId"]; shop != "12" {
		t.Errorf("sns.shopId is %q", shop)
	}
}

// TestDI3ForeignTopic: neither believed nor asked about.
func TestDI3ForeignTopic(t *testing.T) {
	s := sns(t)
	_ = s.Send("parcel-events", string(s.Notification(foreign, push(parcelEvent("1", "2025-06-12 10:08:23", "1")), nil)), string(s.Confirmation(foreign)),
		string(s.Notification(staging, push(parcelEvent("2", "2025-06-12 10:08:23", "1")), nil)))
	rig := start(t, flow{from: fromQueue(s, "")})
	await(t, "all deleted", settled(s, "parcel-events", 3))
	if out, dead := rig.Recorder.Bodies("out"), rig.Recorder.Bodies("dead"); len(out) != 0 || len(dead) < 2 {
		t.Errorf("delivered %q, dead letters %q", out, dead)
	}
	if calls := s.Calls(); calls["ConfirmSubscription"]+calls["certificate"] != 0 {
		t.Errorf("the server was asked: %v", calls)
	}
	for _, d := range rig.Recorder.Bodies("dead") {
		if strings.Contains(d, "Token") {
			t.Errorf("a dead letter has the token of a confirmation: %s", d)
		}
	}
}

func TestDI3Environments(t *testing.T) {
	s := newSigner(t)
	for more, topics := range map[string][]string{
		"":                                     {production},
		", environment: staging":               {staging},
		", environment: production":            {production},
		", environment: [staging, production]": {staging, production},
		fmt.Sprintf(", environment: [%q]", foreign):          {foreign},
		fmt.Sprintf(", environment: [%q, staging]", foreign): {foreign, staging},
	} {
		for _, topic := range []string{staging, production, foreign} {
			fed(t, flow{from: s.from(more)}, func(rig *flowtest.Rig) {
				rig.Feed.Send("m", string(s.Notification(topic, push(parcelEvent("37001", "2025-06-12 10:08:23", "103")), nil)))
			}, func(rig *flowtest.Rig) {
				if got := len(rig.Recorder.Got("out")) == 1; got != slices.Contains(topics, topic) {
					t.Errorf("%q: of %s: %v; dead letters %.300q", more, topic, got, rig.Recorder.Bodies("dead"))
				}
			})
		}
	}
	f := flow{from: s.from(", environment: prod")}
	if _, err := flowtest.TryLoad(f.yaml(), f.options()); err == nil || !strings.Contains(err.Error(), "production") && !strings.Contains(err.Error(), "environment") {
		t.Errorf("environment: prod: %v", err)
	}
}

// TestDI1ForgedEventsGoAside: nobody else can speak for the topic.
func TestDI1ForgedEventsGoAside(t *testing.T) {
	s := newSigner(t)
	genuine := string(s.Notification(production, push(parcelEvent("37001", "2025-06-12 10:08:23", "103")), nil))
	mustBury(t, s.from(""), strings.Replace(genuine, "37001", "37002", 1), "Signature does not fit")
	mustBury(t, s.from(""), push(parcelEvent("37001", "2025-06-12 10:08:23", "103")), "unwrap")
}

// TestDI2NullsAndTimes: what is null, missing or new is no mistake; the time in UTC counts first.
func TestDI2NullsAndTimes(t *testing.T) {
	for _, test := range []struct {
		event string
		want  want
	}{
		{`{"trackingNumber":"37001","eventTime":"2025-06-12 10:08:23","eventTimeUtc":"2025-06-12T08:08:23.456000Z","eventType":{"apiKey":"103"}}`, want{"", "37001", "103", "2025-06-12T08:08:23.456Z"}},
		{`{"trackingNumber":"37001","eventTime":"2025-06-12 10:08:23","eventTimeUtc":null,"eventType":{"apiKey":"001"}}`, want{"", "37001", "001", "2025-06-12T08:08:23.000Z"}},
		{`{"trackingNumber":"37001","eventTime":"2025-12-12 10:08:23","eventTimeUtc":"","eventType":{"apiKey":"103"}}`, want{"", "37001", "103", "2025-12-12T09:08:23.000Z"}},
		{`{"trackingNumber":"37001","eventTime":null,"eventTimeUtc":"2025-06-12T08:08:23Z","eventType":null}`, want{"", "37001", "", "2025-06-12T08:08:23.000Z"}},
		{`{"trackingNumber":"37001","eventTime":"12.06.2025","eventType":{"apiKey":null}}`, want{"", "37001", "", ""}},
		{`{"shipmentNumber":"707","trackingNumber":null,"eventTime":"2025-06-12 10:08:23","eventType":{"apiKey":"9999","new":true},"new":[{}]}`, want{"", "707", "9999", "2025-06-12T08:08:23.000Z"}},
		{`{"shipmentNumber":null,"trackingNumber":null,"eventTime":null,"eventType":null,"additionalInfo":null,"comChannelType":null}`, want{`m#0|m#0|\N|\N|\N`, "", "", ""}},
		{`{}`, want{`m#0|m#0|\N|\N|\N`, "", "", ""}},
	} {
		got, letters := readAs(t, unsigned, push(test.event))
		if len(got) != 1 {
			t.Errorf("%s: %d events, dead letters %q", test.event, len(got), letters)
			continue
		}
		test.want.check(t, got[0])
		if got[0].Body != test.event {
			t.Errorf("%s left as %s", test.event, got[0].Body)
		}
	}
}

// TestDI2OddMessages: a list without events is settled, no list is a mistake.
func TestDI2OddMessages(t *testing.T) {
	if got, letters := readAs(t, unsigned, `{"events":[]}`); len(got)+len(letters) != 0 {
		t.Errorf("an empty list: %d events, dead letters %q", len(got), letters)
	}
	for _, text := range []string{`{"events":null}`, `{}`, `{"events":"none"}`, `{"event":[]}`, `[]`, `null`} {
		mustBury(t, unsigned, text, "split")
	}
}

// TestDI2TwoEventsOfOneSecondAreNoCopies: what tells them apart may be any one of these.
func TestDI2TwoEventsOfOneSecondAreNoCopies(t *testing.T) {
	base := `{"shipmentNumber":"707","trackingNumber":"37001","eventTime":"2025-06-12 10:08:23","eventType":{"apiKey":"103"},"additionalInfo":{"apiKey":"001"},"comChannelType":"EMAIL"}`
	events := []string{base,
		// Everything may be null, and an hour of autumn comes twice.
		`{"shipmentNumber":"708","trackingNumber":null,"eventTime":"2025-06-12 10:08:23"}`, `{"shipmentNumber":"709","trackingNumber":null,"eventTime":"2025-06-12 10:08:23"}`,
		`{"trackingNumber":"37003","eventTime":"2025-10-26 02:30:00","eventTimeUtc":"2025-10-26T00:30:00Z"}`, `{"trackingNumber":"37003","eventTime":"2025-10-26 02:30:00","eventTimeUtc":"2025-10-26T01:30:00Z"}`,
		`{"trackingNumber":"37004","eventTime":"2025-06-12 10:08:23","eventTimeUtc":""}`, `{"trackingNumber":"37004","eventTime":"2025-06-12 10:08:24","eventTimeUtc":""}`,
	}
	for old, other := range map[string]string{
		`"EMAIL"`: `"SMS"`, `"comChannelType":"EMAIL"`: `"comChannelType":null`, `"37001"`: `"37002"`, `"001"`: `"002"`,
		`"additionalInfo":{"apiKey":"001"}`: `"additionalInfo":null`, `"103"`: `"104"`, `:23"`: `:24"`,
	} {
		events = append(events, strings.Replace(base, old, other, 1))
	}
	fed(t, flow{from: unsigned, stages: "dedupe: {}"}, func(rig *flowtest.Rig) {
		rig.Feed.Send("1", push(events...))
		rig.Feed.Send("2", push(events...))
	}, func(rig *flowtest.Rig) {
		if n := len(rig.Recorder.Got("out")); n != len(events) {
			t.Errorf("%d events left, want %d", n, len(events))
		}
	})
}

// TestDI2EventsLeaveInTheOrderOfTheirTimes, per parcel, whichever of the two times they have.
func TestDI2EventsLeaveInTheOrderOfTheirTimes(t *testing.T) {
	var events []string
	for n := range 200 {
		parcel, second := fmt.Sprint("3700", n%7), fmt.Sprintf("%02d:%02d", n/60, n%60)
		e := parcelEvent(parcel, "2025-06-12 10:"+second, fmt.Sprint(n))
		if n%3 == 0 { // what eventTime says then does not count
			e = strings.Replace(parcelEvent(parcel, "2025-06-12 23:59:59", fmt.Sprint(n)), `"lat"`, `"eventTimeUtc":"2025-06-12T08:`+second+`.000000Z","lat"`, 1)
		}
		events = append(events, e)
	}
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	fed(t, flow{from: unsigned, stages: "dedupe: {}, reorder: {window: 2m}"}, func(rig *flowtest.Rig) {
		for i := 0; i < len(events); i += 4 {
			rig.Feed.Send(fmt.Sprint(i), push(events[i:i+4]...))
		}
	}, func(rig *flowtest.Rig) {
		last := map[string]flowtest.Got{}
		got := rig.Recorder.Got("out")
		for _, g := range got {
			if g.Time.Before(last[g.Key].Time) {
				t.Errorf("%s: %s left after %s", g.Key, stamp(g.Time), stamp(last[g.Key].Time))
			}
			last[g.Key] = g
		}
		if len(got) != len(events) {
			t.Errorf("%d of %d", len(got), len(events))
		}
	})
}

func TestDI2HoursThatTheClocksRepeatOrLeaveOut(t *testing.T) {
	for at, w := range map[string]string{
		"2025-10-26 01:59:59": "2025-10-25T23:59:59.000Z", "2025-10-26 02:30:00": "2025-10-26T01:30:00.000Z",
		"2025-10-26 03:00:00": "2025-10-26T02:00:00.000Z", "2026-03-29 01:59:59": "2026-03-29T00:59:59.000Z",
		"2026-03-29 03:00:00": "2026-03-29T01:00:00.000Z",
	} {
		got, _ := readAs(t, unsigned, push(parcelEvent("37001", at, "103")))
		if len(got) != 1 || stamp(got[0].Time) != w || (got[0].Meta[pipeline.MarkAmbiguousTime] != "") != (at == "2025-10-26 02:30:00") {
			t.Errorf("%s: got %+v, want %s", at, got, w)
		}
	}
	if got, _ := readAs(t, unsigned, push(parcelEvent("37001", "2026-03-29 02:30:00", "103"))); len(got) != 1 {
		t.Errorf("an hour that there is not: %+v", got)
	}
}

// TestDI2NumbersKeepAllDigits, also where one is not quoted.
func TestDI2NumbersKeepAllDigits(t *testing.T) {
	got, _ := readAs(t, unsigned, push(`{"trackingNumber":370724761411111111,"eventTime":"2025-06-12 10:08:23","eventType":{"apiKey":"001"}}`))
	if len(got) != 1 || got[0].Key != "370724761411111111" || !json.Valid([]byte(got[0].Body)) {
		t.Errorf("got %+v", got)
	}
}

// TestDI3DeadLettersHoldNoToken: neither that of a confirmation nor the address that ends
// the subscription.
func TestDI3DeadLettersHoldNoToken(t *testing.T) {
	envelope := `{"Type":"Notification","MessageId":"m-1","TopicArn":"` + foreign + `","Message":"{}","Token":"2336412f37fb","SubscribeURL":"https://sns.eu-west-1.amazonaws.com/?Token=2336412f37fb","UnsubscribeURL":"https://sns.eu-west-1.amazonaws.com/?SubscriptionArn=4c6e"}`
	for _, body := range []string{envelope, strings.TrimSuffix(envelope, "}")} {
		fed(t, flow{from: "{di: {source: {feed: {}}, verify: false}}"}, func(rig *flowtest.Rig) { rig.Feed.Send("m", body) }, func(rig *flowtest.Rig) {
			mustConceal(t, rig, "2336412f37fb", "4c6e")
		})
	}
}
