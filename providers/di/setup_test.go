package di

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

const (
	staging    = "arn:aws:sns:eu-west-1:163369885595:parcel-events-push-topic"
	production = "arn:aws:sns:eu-west-1:022383231344:parcel-events-push-topic"
)

// theirs is a policy of somebody else, with a spelling of its own.
const theirs = `{"Version":"2012-10-17","Id":"theirs","Statement":[{"Sid":"LeatDI", "Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}} , {"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":["SQS:SendMessage"],"Resource":"*"}]}`

func envOf(s *sqstest.Server, queue string, topics ...string) *setup.Env {
	source := sqs.Source.Defaults.(sqs.SourceConfig)
	source.Queue, source.Settings = queue, awsapi.Settings{Endpoint: s.URL, Region: "eu-west-1", AccessKeyID: "test"}
	return &setup.Env{
		Flow: "parcels", Source: source, Parameters: map[string][]string{"environment": topics},
		Clock: pipeline.System, Log: slog.New(slog.DiscardHandler), Client: setup.NewClient,
	}
}

func newServer(t *testing.T, o sqstest.Options) *sqstest.Server {
	t.Helper()
	o.Region = "eu-west-1"
	return sqstest.New(t, o)
}

func printed(p *setup.Plan) string {
	var out strings.Builder
	p.Print(&out)
	p.PrintByHand(&out)
	return out.String()
}

func policyOf(t *testing.T, env *setup.Env) string {
	t.Helper()
	m, err := sqs.Manage(t.Context(), env.Source.(sqs.SourceConfig), env.Clock, env.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	settings, _, err := m.Attributes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return settings["Policy"]
}

func apply(t *testing.T, c SetupConfig, env *setup.Env) *setup.Plan {
	t.Helper()
	p, err := plan(t.Context(), c, env)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if failed, left := p.Apply(t.Context(), &out); failed+left > 0 {
		t.Fatalf("%d failed, %d left:\n%s", failed, left, &out)
	}
	return p
}

func TestDI4StatementsOfOthersAreKept(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	_, _ = s.CreateQueue("parcels", map[string]string{"Policy": theirs})
	env := envOf(s, "parcels", production, staging)
	p := apply(t, SetupConfig{}, env)
	if !strings.Contains(printed(p), "  change   policy of queue parcels: to let DI's topic send; what is in it stays\n") {
		t.Errorf("%s", printed(p))
	}
	got := policyOf(t, env)
	for _, statement := range strings.SplitAfter(theirs[strings.Index(theirs, "[{")+1:len(theirs)-2], "}} , ") {
		if !strings.Contains(got, strings.TrimSuffix(statement, " , ")) {
			t.Errorf("%s is not in %s", statement, got)
		}
	}
	for sid, topic := range map[string]string{"LeatDI2": production, "LeatDI3": staging} {
		want := `{"Sid":"` + sid + `","Effect":"Allow","Principal":{"AWS":"*"},"Action":"SQS:SendMessage","Resource":"` + s.QueueARN("parcels") + `","Condition":{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}}`
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	again := apply(t, SetupConfig{}, env)
	if again.Count(setup.Create, setup.Change) > 0 || policyOf(t, env) != got || s.Calls()["SetQueueAttributes"] != 1 {
		t.Errorf("the second run changed something: %s", printed(again))
	}
}

func TestDI4AFIFOQueueIsRefused(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	for _, queue := range []string{"parcels.fifo", s.QueueARN("parcels.fifo"), s.QueueURL("parcels.fifo")} {
		_, err := plan(t.Context(), SetupConfig{CreateQueue: true}, envOf(s, queue, production))
		if err == nil || !strings.Contains(err.Error(), "is a FIFO queue: DI's topic sends to standard queues only") {
			t.Errorf("%s: %v", queue, err)
		}
	}
	if calls := s.Calls(); len(calls) > 0 {
		t.Errorf("it was asked for: %v", calls)
	}
}

func TestDI4APolicyThatCannotBeReadIsLeftAlone(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	_, _ = s.CreateQueue("parcels", map[string]string{"Policy": `{"Statement":["theirs"]}`})
	env := envOf(s, "parcels", production)
	_, err := plan(t.Context(), SetupConfig{}, env)
	if err == nil || !strings.Contains(err.Error(), `queue "parcels": statement 1 of the queue's policy is no object: it is left alone`) {
		t.Errorf("%v", err)
	}
}

func TestDI4ADenyOfSomebodyElseIsTold(t *testing.T) {
	const but = `; but a Deny in it may forbid that (statement "Theirs"), which counts more and stays`
	s := newServer(t, sqstest.Options{})
	deny := `{"Statement":[{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}]}`
	_, _ = s.CreateQueue("parcels", map[string]string{"Policy": deny})
	env := envOf(s, "parcels", production)
	if out := printed(apply(t, SetupConfig{}, env)); !strings.Contains(out, "to let DI's topic send; what is in it stays"+but) {
		t.Errorf("%s", out)
	}
	p := apply(t, SetupConfig{}, env)
	if out := printed(p); !strings.Contains(out, "  keep     policy of queue parcels: it lets DI's topic send"+but) || p.Count(setup.Change) > 0 {
		t.Errorf("%s", out)
	}
	if got := policyOf(t, env); !strings.Contains(got, `"Sid":"Theirs","Effect":"Deny"`) {
		t.Errorf("%s", got)
	}
}

func TestDI4WhatOthersAddMeanwhileIsKept(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	_, _ = s.CreateQueue("parcels", nil)
	env := envOf(s, "parcels", production)
	p, err := plan(t.Context(), SetupConfig{}, env)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sqs.Manage(t.Context(), env.Source.(sqs.SourceConfig), env.Clock, env.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, _, err := m.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Set(t.Context(), "Policy", theirs); err != nil {
		t.Fatal(err)
	}
	p.Apply(t.Context(), &strings.Builder{})
	if got := policyOf(t, env); !strings.Contains(got, `"Service":"s3.amazonaws.com"`) || !strings.Contains(got, production) {
		t.Errorf("%s", got)
	}
}

func TestAQueueIsMadeOnlyWhenAsked(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	env := envOf(s, "parcels", production)
	if _, err := plan(t.Context(), SetupConfig{}, env); err == nil || !strings.Contains(err.Error(), "create_queue: true") {
		t.Errorf("%v", err)
	}
	p, err := plan(t.Context(), SetupConfig{CreateQueue: true}, env)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := s.Queue("parcels"); there || !strings.Contains(printed(p), "(the ARN of parcels, which is known once the queue is made)") {
		t.Errorf("%s", printed(p))
	}
	p.Apply(t.Context(), &strings.Builder{})
	if got := printed(p); !strings.Contains(got, "Queue:       "+s.QueueARN("parcels")) {
		t.Errorf("%s", got)
	}
	if again := apply(t, SetupConfig{CreateQueue: true}, env); again.Count(setup.Create, setup.Change) > 0 {
		t.Errorf("%s", printed(again))
	}
}

// A queue that is named with its account, or by its URL, may be another account's: one of
// its name in the account of the credentials would be of no use.
func TestAQueueOfAnotherAccountIsNotMade(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	for _, queue := range []string{"arn:aws:sqs:eu-west-1:999988887777:parcels", s.QueueARN("parcels"), s.QueueURL("parcels")} {
		_, err := plan(t.Context(), SetupConfig{CreateQueue: true}, envOf(s, queue, production))
		if err == nil || !strings.Contains(err.Error(), "create it there first, as a standard queue, or name it in the flow without account and URL") {
			t.Errorf("%s: %v", queue, err)
		}
	}
	apply(t, SetupConfig{CreateQueue: true}, envOf(s, "arn:aws:sqs:eu-west-1::parcels", production))
	if s.Calls()["CreateQueue"] != 1 {
		t.Errorf("%v", s.Calls())
	}
}

// Wherever a call fails, another run ends with the queue and its policy.
func TestDI4AfterAFailureAnotherRunReachesTheSameEnd(t *testing.T) {
	for _, action := range []string{"GetQueueUrl", "GetQueueAttributes", "CreateQueue", "SetQueueAttributes"} {
		for _, work := range []bool{false, true} {
			failed := 0
			s := newServer(t, sqstest.Options{Intercept: func(c sqstest.Call) *sqstest.Fault {
				if c.Action == action && failed == 0 {
					failed++
					return &sqstest.Fault{Work: work, Code: "AccessDenied", Status: 403}
				}
				return nil
			}})
			env := envOf(s, "parcels", production)
			if p, err := plan(t.Context(), SetupConfig{CreateQueue: true}, env); err == nil {
				p.Apply(t.Context(), &strings.Builder{})
			}
			apply(t, SetupConfig{CreateQueue: true}, env)
			if got := policyOf(t, env); failed != 1 || strings.Count(got, production) != 1 {
				t.Errorf("%s failed %d times (work done: %v), the policy is %s", action, failed, work, got)
			}
		}
	}
}

func TestTheLetterSaysWhatToSubscribe(t *testing.T) {
	s := newServer(t, sqstest.Options{})
	_, _ = s.CreateQueue("parcels", map[string]string{"KmsMasterKeyId": "alias/parcels"})
	p, err := plan(t.Context(), SetupConfig{}, envOf(s, "parcels", staging))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Environment: staging\n    Topic:       " + staging + "\n    Queue:       " + s.QueueARN("parcels"),
		"the flow confirms it", "alias/parcels", `"kms:GenerateDataKey", "kms:Decrypt"`,
	} {
		if got := printed(p); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestAnEndpointNeedsItsURL(t *testing.T) {
	env := &setup.Env{Flow: "parcels", Source: struct{}{}, Parameters: map[string][]string{"environment": {production}}}
	if _, err := plan(t.Context(), SetupConfig{}, env); err == nil || !strings.Contains(err.Error(), "set url") {
		t.Errorf("%v", err)
	}
	p, err := plan(t.Context(), SetupConfig{URL: "https://di:hunter2@events.example.com/parcels"}, env)
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(p); !strings.Contains(got, "Endpoint:    https://di:xxxxx@events.example.com/parcels") || strings.Contains(got, "hunter2") {
		t.Errorf("%s", got)
	}
}

func TestATopicHasToBeSaidExactly(t *testing.T) {
	for _, topics := range [][]string{nil, {"production"}, {"arn:aws:sns:*:022383231344:*"}, {"arn:aws:sqs:eu-west-1:1:q"}} {
		env := &setup.Env{Parameters: map[string][]string{"environment": topics}}
		if _, err := plan(t.Context(), SetupConfig{Hosted: true}, env); err == nil || !strings.Contains(err.Error(), "environment: ") {
			t.Errorf("%v: %v", topics, err)
		}
	}
}
