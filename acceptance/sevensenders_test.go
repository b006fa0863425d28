package acceptance

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// shipment is an event of Seven Senders.
func shipment(id, status, at string) string {
	return fmt.Sprintf(`{"id":%q,"order_id":"A-1","tracking_code":"0034","carrier":"dhl","carrier_country":"de","status":%q,"status_time":%q,"tickets":[],"events":[]}`, id, status, at)
}

// proxy is a server like the one of Seven Senders: one queue behind a path, one protocol,
// and the four calls that are documented.
func proxy(t *testing.T, protocol sqstest.Protocols) *sqstest.Server {
	t.Helper()
	return sqstest.New(t, sqstest.Options{
		OnlyQueue: "shipment-events", Protocols: protocol, Credentials: "the-api-key",
		Actions: []string{"GetQueueUrl", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"},
	})
}

func fromProxy(s *sqstest.Server, more string) string {
	return fmt.Sprintf("{sevensenders: {api_key: the-api-key, endpoint: %q%s}}", s.URL+"/api/v1/shipment-events", more)
}

func settled(s *sqstest.Server, queue string, n int) func() bool {
	return func() bool {
		state, _ := s.Queue(queue)
		return state.Deleted == n
	}
}

// TestSS1SS3EitherProxyIsServed: no secret, an endpoint with a path, a queue without a
// name, and nothing asked for that the vendor does not document.
func TestSS1SS3EitherProxyIsServed(t *testing.T) {
	for _, protocol := range []sqstest.Protocols{sqstest.JSON, sqstest.Query} {
		t.Run(string(protocol), func(t *testing.T) {
			s := proxy(t, protocol)
			for i := range 25 {
				if err := s.Send("shipment-events", shipment(fmt.Sprint("s", i), "Delivered", "14.03.2025 08:15:00")); err != nil {
					t.Fatal(err)
				}
			}
			rig := start(t, flow{from: fromProxy(s, ""), stages: "dedupe: {}"})
			await(t, "25 messages deleted", settled(s, "shipment-events", 25))
			if got := rig.Recorder.Got("out"); len(got) != 25 {
				t.Errorf("%d events", len(got))
			}
			if err := rig.Stop(); err != nil {
				t.Error(err)
			}
			for action, n := range s.Calls() {
				switch action {
				case "GetQueueUrl", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "":
				case "GetQueueAttributes": // it may be asked for once, and is refused
					if n > 1 {
						t.Errorf("GetQueueAttributes was asked for %d times", n)
					}
				default:
					t.Errorf("%s was asked for %d times", action, n)
				}
			}
		})
	}
}

// TestSS1DeletedOnlyAfterDelivery: while the sink is away nothing is deleted.
func TestSS1DeletedOnlyAfterDelivery(t *testing.T) {
	s := proxy(t, sqstest.JSON)
	var away atomic.Bool
	var tries atomic.Int32
	away.Store(true)
	rig := start(t, flow{from: fromProxy(s, ""), fail: func(string, *pipeline.Event, int) error {
		tries.Add(1)
		if away.Load() {
			return errors.New("away")
		}
		return nil
	}})
	_ = s.Send("shipment-events", shipment("s1", "Delivered", "14.03.2025 08:15:00"))
	await(t, "three attempts", func() bool { return tries.Load() >= 3 })
	if settled(s, "shipment-events", 1)() {
		t.Error("it was deleted before it was delivered")
	}
	away.Store(false)
	await(t, "the message deleted", settled(s, "shipment-events", 1))
	if n := len(rig.Recorder.Got("out")); n != 1 {
		t.Errorf("%d events", n)
	}
}

// TestSS1DeletedAfterDurableSpooling: a window longer than messages stay invisible needs
// a spool, from which a next run goes on.
func TestSS1DeletedAfterDurableSpooling(t *testing.T) {
	s := proxy(t, sqstest.Query)
	f := flow{from: fromProxy(s, fmt.Sprintf(", spool: {path: %q}", t.TempDir())), fail: func(string, *pipeline.Event, int) error { return errors.New("away") }}
	rig := start(t, f)
	_ = s.Send("shipment-events", shipment("s1", "Delivered", "14.03.2025 08:15:00"))
	await(t, "the message deleted", settled(s, "shipment-events", 1))
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	f.fail = nil
	rig = start(t, f)
	await(t, "the event delivered", func() bool { return len(rig.Recorder.Got("out")) == 1 })
}

// TestSS1AWindowNeedsASpool: messages cannot be kept invisible.
func TestSS1AWindowNeedsASpool(t *testing.T) {
	for more, ok := range map[string]bool{"": false, ", spool: true": true} {
		f := flow{from: "{sevensenders: {api_key: k" + more + "}}", stages: "reorder: {window: 5m}"}
		if _, err := flowtest.TryLoad(f.yaml(), f.options()); (err == nil) != ok {
			t.Errorf("with %q: %v", more, err)
		}
	}
}

// TestSS2EventsOfOneStatusAreNoCopies: they differ in nothing but what happened.
func TestSS2EventsOfOneStatusAreNoCopies(t *testing.T) {
	s := proxy(t, sqstest.JSON)
	body := `{"id":"s1","status":"In delivery","status_time":"14.03.2025 08:15:00","events":[{"name":%q,"creation_time":"14.03.2025 08:15:00"}]}`
	_ = s.Send("shipment-events", fmt.Sprintf(body, "Delay"), fmt.Sprintf(body, "Damage"))
	rig := start(t, flow{from: fromProxy(s, ""), stages: "dedupe: {}"})
	await(t, "both deleted", settled(s, "shipment-events", 2))
	if n := len(rig.Recorder.Got("out")); n != 2 {
		t.Errorf("%d events", n)
	}
}

// TestSS1TheKeyIsRequired, and is a secret as the proxy asks for none beside it.
func TestSS1TheKeyIsRequired(t *testing.T) {
	f := flow{from: "{sevensenders: {}}"}
	if _, err := flowtest.TryLoad(f.yaml(), f.options()); err == nil {
		t.Error("a flow without an API key loads")
	}
}
