package sevensenders

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/setup"
)

const apiKey = "7s-api-key"

// proxy is Seven Senders' queue: one that knows few actions, behind a path.
func proxy(t *testing.T, o sqstest.Options) (*sqstest.Server, *setup.Env) {
	t.Helper()
	o.OnlyQueue, o.Credentials = "shipment-events", apiKey
	s := sqstest.New(t, o)
	source := sqs.Source.Defaults.(sqs.SourceConfig)
	source.Settings = awsapi.Settings{Endpoint: s.URL + "/api/v1/shipment-events", Region: "eu-central-1", AccessKeyID: apiKey}
	return s, &setup.Env{Flow: "shipments", Source: source, Clock: pipeline.System, Log: slog.New(slog.DiscardHandler)}
}

func run(t *testing.T, env *setup.Env) (out string, failed int) {
	t.Helper()
	p, err := plan(t.Context(), SetupConfig{}, env)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	p.Print(&b)
	failed, left := p.Apply(t.Context(), &b)
	p.PrintByHand(&b)
	return b.String(), failed + left + p.Count(setup.Trouble)
}

func TestSS1TheQueueIsTriedInBothProtocols(t *testing.T) {
	for _, protocols := range []sqstest.Protocols{sqstest.JSON, sqstest.Query} {
		s, env := proxy(t, sqstest.Options{Protocols: protocols, Actions: []string{"GetQueueUrl", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"}})
		_ = s.Send("shipment-events", `{"id":1}`)
		out, failed := run(t, env)
		if failed > 0 || !strings.Contains(out, "keep     queue of Seven Senders: found at ") || !strings.Contains(out, "the key is accepted, and a message came") || !strings.Contains(out, "account manager") {
			t.Errorf("%s: %s", protocols, out)
		}
		if state, _ := s.Queue("shipment-events"); state.Visible != 1 || state.Deleted != 0 {
			t.Errorf("%s: %+v", protocols, state)
		}
		if strings.Contains(out, apiKey) {
			t.Errorf("the key is printed: %s", out)
		}
	}
}

func TestSS2ACallThatIsNotKnownIsDoneWithout(t *testing.T) {
	s, env := proxy(t, sqstest.Options{Actions: []string{"ReceiveMessage", "DeleteMessage"}})
	out, failed := run(t, env)
	if failed > 0 || !strings.Contains(out, "no message was there") {
		t.Errorf("%s", out)
	}
	for action := range s.Calls() {
		if action != "GetQueueUrl" && action != "ReceiveMessage" {
			t.Errorf("%s was called", action)
		}
	}
}

func TestSS1AKeyThatIsRefusedIsNotPrinted(t *testing.T) {
	_, env := proxy(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault {
		return &sqstest.Fault{Status: 403, Code: "InvalidClientTokenId", Message: "The key " + apiKey + " is not known"}
	}})
	out, failed := run(t, env)
	if failed != 1 || strings.Contains(out, apiKey) || !strings.Contains(out, "The key *** is not known") || !strings.Contains(out, "account manager") {
		t.Errorf("%s", out)
	}
}

func TestAPlanReceivesNothing(t *testing.T) {
	s, env := proxy(t, sqstest.Options{})
	if _, err := plan(t.Context(), SetupConfig{}, env); err != nil {
		t.Fatal(err)
	}
	if n := s.Calls()["ReceiveMessage"]; n > 0 {
		t.Errorf("a plan asked for messages %d times", n)
	}
}
