package templates_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	contract "github.com/leat-io/leat/plugins/proto"
)

// each runs a test with the plugin under testdata in each language.
func each(t *testing.T, test func(t *testing.T, p program)) {
	for language, main := range map[string]string{"python": "testdata/main.py", "node": "testdata/main.js"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			test(t, layOut(t, language, main))
		})
	}
}

func TestHealthIsToldOfThePluginOnly(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		if err := r.ping(); err != nil {
			t.Error(err)
		}
		for service, want := range map[string]codes.Code{"plugin": codes.OK, "": codes.OK, "other": codes.NotFound} {
			response, err := grpc_health_v1.NewHealthClient(r.conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
			if status.Code(err) != want || err == nil && response.Status != grpc_health_v1.HealthCheckResponse_SERVING {
				t.Errorf("%q: %v %v", service, response, err)
			}
		}
	})
}

func TestConfigureTellsProblemsAndMayBeCorrected(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		stream, err := r.Handle(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "Configure") {
			t.Errorf("events before settings: %v", err)
		}
		for config, want := range map[string]string{
			`{"bad": true}`:   "zones.near=want hours, not -1|=too few|",
			`{"crash": true}`: "=the plugin failed to read its settings: ",
			`[1]`:             "=want settings by name, not [1]|",
			`{"a`:             "=the plugin failed to read its settings: ",
		} {
			response, err := r.Configure(t.Context(), &contract.ConfigureRequest{Config: []byte(config)})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, problem := range response.Problems {
				got += problem.Path + "=" + problem.Message + "|"
			}
			if !strings.HasPrefix(got, want) || response.Name != "tester" || response.Version != "7" {
				t.Errorf("%s: %s, of %s %s", config, got, response.Name, response.Version)
			}
		}
		converse(t, r, &contract.ConfigureRequest{Flow: "parcels", Name: "eta", TimeoutMs: 2000}).ask(`{}`)
	})
}

func TestOutcomes(t *testing.T) {
	retried := func(reason string) *contract.Result {
		return &contract.Result{Outcome: &contract.Result_Retry{Retry: &contract.Retry{Reason: reason}}}
	}
	same := &contract.Result{Outcome: &contract.Result_Emit{Emit: &contract.Emit{Events: []*contract.Output{{}}}}}
	cases := map[string]struct {
		payload string
		want    *contract.Result
	}{
		"same": {`{}`, same},
		"many": {`{"do":"many"}`, &contract.Result{Outcome: &contract.Result_Emit{Emit: &contract.Emit{Events: []*contract.Output{
			{}, {Payload: []byte("two")}, {Payload: []byte("three"), Id: proto.String("own"), Meta: []*contract.Meta{{Key: "a", Value: "b"}}},
		}}}}},
		"nothing": {`{"do":"nothing"}`, &contract.Result{Outcome: &contract.Result_Drop{Drop: &contract.Drop{Reason: "the plugin gave nothing back"}}}},
		"drop":    {`{"do":"drop"}`, &contract.Result{Outcome: &contract.Result_Drop{Drop: &contract.Drop{Reason: "not needed"}}}},
		"retry":   {`{"do":"retry"}`, &contract.Result{Outcome: &contract.Result_Retry{Retry: &contract.Retry{Reason: "busy", AfterMs: 1500}}}},
		"reject":  {`{"do":"reject"}`, &contract.Result{Outcome: &contract.Result_Reject{Reject: &contract.Reject{Reason: "broken"}}}},
		"fail":    {`{"do":"fail"}`, retried("Error: no luck")},
		"exit":    {`{"do":"exit"}`, retried("")},
		"wrong":   {`{"do":"wrong"}`, retried("a handler returns an Event, a list of them or")},
		"no JSON": {"{\"a\":\xff}", &contract.Result{Outcome: &contract.Result_Reject{Reject: &contract.Reject{Reason: "the payload is not JSON that can be read: "}}}},
		"NaN":     {`{"a":NaN}`, &contract.Result{Outcome: &contract.Result_Reject{Reject: &contract.Reject{Reason: "the payload is not JSON that can be read: "}}}},
		"list":    {`[]`, &contract.Result{Outcome: &contract.Result_Reject{Reject: &contract.Reject{Reason: "the payload is not a JSON object"}}}},
		"add": {"{\"do\":\"add\", \"n\": 370724761411111111, \"f\":1.10 } \n", &contract.Result{Outcome: &contract.Result_Emit{Emit: &contract.Emit{Events: []*contract.Output{
			{Payload: []byte("{\"do\":\"add\", \"n\": 370724761411111111, \"f\":1.10,\"added\":[1,\"ü\"]}")},
		}}}}},
		"half characters": {`{"do":"half"}`, &contract.Result{Outcome: &contract.Result_Emit{Emit: &contract.Emit{Events: []*contract.Output{
			{Payload: []byte(`{"do":"half","half":"\ud800"}`), Key: proto.String("half \uFFFD"), Meta: []*contract.Meta{{Key: "half \uFFFD", Value: "\uFFFD"}}},
		}}}}},
		"add again": {`{"do":"add","added":0}`, &contract.Result{Outcome: &contract.Result_Reject{Reject: &contract.Reject{Reason: "the payload has a field added already"}}}},
	}
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		conversation := converse(t, r, &contract.ConfigureRequest{})
		for name, c := range cases {
			got := conversation.ask(c.payload)
			got.Seq = 0
			shorten(got, c.want)
			if !proto.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v\n%s", name, got, c.want, r.stderr.end())
			}
		}
		conversation.end()
	})
}

// shorten cuts the reason of a result to the part of it that is wanted.
func shorten(got, want *contract.Result) {
	if g, w := got.GetRetry(), want.GetRetry(); g != nil && w != nil && strings.Contains(g.Reason, w.Reason) {
		g.Reason = w.Reason
	}
	if g, w := got.GetReject(), want.GetReject(); g != nil && w != nil && strings.Contains(g.Reason, w.Reason) {
		g.Reason = w.Reason
	}
}

func TestWhatChangesIsSentAndNothingElse(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		c := converse(t, p.start(t), &contract.ConfigureRequest{})
		came := &contract.Event{Seq: 1 << 63, Payload: []byte(`{"do":"change"}`), Id: "i", Key: "k", Type: "t",
			Time: &contract.Time{Seconds: 1774951200, Nanos: 500_000_123}, Meta: []*contract.Meta{{Key: "old", Value: "o"}, {Key: "__proto__", Value: "p"}}}
		c.sendWork(&contract.Work{Events: []*contract.Event{came}})
		want := &contract.Output{Payload: []byte(`{"do":"change"} `), Id: proto.String("i!"), Key: proto.String("k!"), Type: proto.String("t!"),
			Time: &contract.Time{Seconds: -1, Nanos: 250_000_000}, Meta: []*contract.Meta{{Key: "new", Value: "o!"}}}
		if got := c.result(1 << 63); len(got.GetEmit().GetEvents()) != 1 || !proto.Equal(got.GetEmit().Events[0], want) {
			t.Errorf("%v, want %v", got, want)
		}
		came.Seq, came.Payload = 1, []byte(`{}`)
		c.sendWork(&contract.Work{Events: []*contract.Event{came}})
		if got := c.result(1); !proto.Equal(got.GetEmit().GetEvents()[0], &contract.Output{}) {
			t.Errorf("an unchanged event: %v", got)
		}
	})
}

func TestASinkDeliversWhateverComesBack(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{Role: contract.Role_ROLE_SINK, Flow: "parcels", Name: "store", TimeoutMs: 2000})
		for _, payload := range []string{`{}`, `{"do":"nothing"}`, `{"do":"many"}`} {
			if got := c.ask(payload); got.GetEmit() == nil || len(got.GetEmit().Events) > 0 {
				t.Errorf("%s: %v", payload, got)
			}
		}
		if c.ask(`{"do":"retry"}`).GetRetry() == nil {
			t.Error("a sink cannot ask for another try")
		}
		c.end()
		if said := strings.ToLower(r.stderr.String()); !strings.Contains(said, "configured as store of parcels, sink=true, 2") {
			t.Errorf("it was told %q", said)
		}
	})
}
