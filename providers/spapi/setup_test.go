package spapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/spapi/spapitest"
	"github.com/leat-io/leat/setup"
)

func TestSP4APlanOnlyReads(t *testing.T) {
	r := newRig(t, nil).createQueue(map[string]string{"Policy": foreign})
	var out strings.Builder
	r.plan().Print(&out)
	want := `  keep     queue orders: ` + r.aws.QueueARN("orders") + `
  change   policy of queue orders: to let Amazon send; what is in it stays
  create   destination leat-orders in region eu: ` + r.aws.QueueARN("orders") + `
  create   subscription ORDER_CHANGE 1.0 of one
  create   subscription ANY_OFFER_CHANGED 1.0 of one
  create   subscription ORDER_CHANGE 1.0 of two
  create   subscription ANY_OFFER_CHANGED 1.0 of two
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
	if state := r.state(); state != foreign+"\n" {
		t.Errorf("something was changed: %s", state)
	}
}

func TestSP4ASecondRunChangesNothing(t *testing.T) {
	r := newRig(t, nil).createQueue(map[string]string{"Policy": foreign})
	r.apply()
	want := strings.Replace(foreign, `"Statement":{`, `"Statement":[{`, 1)
	want = want[:len(want)-1] + `,{"Sid":"LeatSPAPI","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::437568002678:root"},"Action":["sqs:SendMessage","sqs:GetQueueAttributes"],"Resource":"` + r.aws.QueueARN("orders") + `"}]}
leat-orders ` + r.aws.QueueARN("orders") + `
one ANY_OFFER_CHANGED 1.0 leat-orders
one ORDER_CHANGE 1.0 leat-orders
two ANY_OFFER_CHANGED 1.0 leat-orders
two ORDER_CHANGE 1.0 leat-orders
`
	if got := r.state(); got != want {
		t.Errorf("there is\n%s\nwant\n%s", got, want)
	}
	r.settled()
	changes := r.aws.Calls()["SetQueueAttributes"]
	if out := r.apply(); out != "" || r.aws.Calls()["SetQueueAttributes"] != changes || r.state() != want {
		t.Errorf("the second run made %s", out)
	}
}

func TestSP4EachCallHasTheTokenItNeeds(t *testing.T) {
	r := newRig(t, func(o *spapitest.Options) { o.Sandbox = true }).createQueue(nil)
	r.config.Sandbox, r.config.Test = true, true
	elsewhere := r.amazon.AddDestination(spapitest.Destination{Name: "old", QueueARN: "arn:aws:sqs:us-east-1:1:old"})
	r.amazon.AddSubscription(spapitest.Subscription{Seller: "one", Type: "ORDER_CHANGE", PayloadVersion: "1.0", DestinationID: elsewhere})
	r.apply()
	asSeller := []string{"getSubscription", "createSubscription"}
	for _, c := range r.amazon.Calls() {
		if c.Operation != "token" && (c.Bearer != "") != slices.Contains(asSeller, c.Operation) {
			t.Errorf("%s was called in the name of %q", c.Operation, c.Bearer)
		}
	}
	if state, _ := r.aws.Queue("orders"); state.Visible != 2 {
		t.Errorf("%d test notifications came, want one of each type", state.Visible)
	}
	tokens := 0
	for _, c := range r.amazon.Calls() {
		if c.Operation == "token" {
			tokens++
		}
	}
	if tokens != 3 {
		t.Errorf("%d tokens were asked for, want one for the app and one for each seller", tokens)
	}
}

func TestSP4ASubscriptionThatLeadsElsewhereIsMoved(t *testing.T) {
	r := newRig(t, nil).createQueue(nil)
	elsewhere := r.amazon.AddDestination(spapitest.Destination{Name: "old", QueueARN: "arn:aws:sqs:us-east-1:1:old"})
	for _, version := range []string{"1.0", "2.0"} {
		r.amazon.AddSubscription(spapitest.Subscription{Seller: "one", Type: "ORDER_CHANGE", PayloadVersion: version, DestinationID: elsewhere})
	}
	var out strings.Builder
	r.plan().Print(&out)
	if want := "change   subscription ORDER_CHANGE 1.0 of one: it leads to destination old (arn:aws:sqs:us-east-1:1:old), which then gets nothing any more"; !strings.Contains(out.String(), want) {
		t.Errorf("%s", out.String())
	}
	r.apply()
	r.settled()
	if state := r.state(); !strings.Contains(state, "one ORDER_CHANGE 1.0 leat-orders\none ORDER_CHANGE 2.0 old\n") {
		t.Errorf("%s", state)
	}
}

// Wherever a process is killed, before or after the work of any of its calls, another
// run ends in the state that one undisturbed run ends in.
func TestSP4AfterAKillAnotherRunReachesTheSameEnd(t *testing.T) {
	prepare := func(t *testing.T) *rig {
		r := newRig(t, nil).createQueue(map[string]string{"Policy": foreign})
		elsewhere := r.amazon.AddDestination(spapitest.Destination{Name: "old", QueueARN: "arn:aws:sqs:us-east-1:1:old"})
		for _, seller := range []string{"one", "two"} {
			r.amazon.AddSubscription(spapitest.Subscription{Seller: seller, Type: "ORDER_CHANGE", PayloadVersion: "1.0", DestinationID: elsewhere})
		}
		return r
	}
	calls := 0
	undisturbed := prepare(t)
	undisturbed.kill = func() (bool, bool) { calls++; return false, false }
	undisturbed.apply()
	undisturbed.kill = nil
	want := undisturbed.state()
	if calls < 20 {
		t.Fatalf("only %d calls are made", calls)
	}
	for at := 1; at <= calls; at++ {
		for _, work := range []bool{false, true} {
			r := prepare(t)
			r.runUntilKilled(at, work)
			r.apply()
			r.settled()
			if got := r.state(); got[strings.IndexByte(got, '\n'):] != want[strings.IndexByte(want, '\n'):] || !sameButForARN(got, want, r, undisturbed) {
				t.Fatalf("killed at call %d of %d (work done: %v) there is\n%s\nwant\n%s", at, calls, work, got, want)
			}
			r.aws.Close()
			r.amazon.Close()
		}
	}
}

// sameButForARN compares the first lines of two states, the policies.
func sameButForARN(got, want string, a, b *rig) bool {
	first := func(s string, r *rig) string {
		line, _, _ := strings.Cut(s, "\n")
		return strings.ReplaceAll(line, r.aws.QueueARN("orders"), "ARN")
	}
	return first(got, a) == first(want, b)
}

// runUntilKilled plans and applies, and dies with the n-th call.
func (r *rig) runUntilKilled(n int, work bool) {
	ctx, cancel := context.WithCancel(r.t.Context())
	defer cancel()
	r.kill = func() (bool, bool) {
		n--
		if n == 0 {
			cancel()
		}
		return n <= 0, work && n == 0
	}
	if p, err := plan(ctx, r.config, r.env); err == nil {
		p.Apply(ctx, &strings.Builder{})
	}
	r.kill = nil
}

func TestSP4LostAnswersAndConflictsAreReadAgain(t *testing.T) {
	lost := map[string]bool{"createDestination": true, "createSubscription": true, "deleteSubscriptionById": true}
	r := newRig(t, func(o *spapitest.Options) {
		o.Intercept = func(c spapitest.Call) *spapitest.Fault {
			if lost[c.Operation] {
				lost[c.Operation] = false
				return &spapitest.Fault{Work: true, Drop: true}
			}
			return nil
		}
	}).createQueue(nil)
	elsewhere := r.amazon.AddDestination(spapitest.Destination{Name: "old", QueueARN: "arn:aws:sqs:us-east-1:1:old"})
	r.amazon.AddSubscription(spapitest.Subscription{Seller: "two", Type: "ORDER_CHANGE", PayloadVersion: "1.0", DestinationID: elsewhere})
	if out := r.apply(); strings.Count(out, "done: it was there already") != 2 {
		t.Errorf("%s", out)
	}
	r.settled()
	for operation, still := range lost {
		if still {
			t.Errorf("%s was not called", operation)
		}
	}
}

func TestSP4WhatIsThrottledIsAskedAgain(t *testing.T) {
	refusals := 0
	r := newRig(t, func(o *spapitest.Options) {
		o.Intercept = func(c spapitest.Call) *spapitest.Fault {
			if c.Operation == "token" || refusals >= 3 {
				return nil
			}
			refusals++
			return &spapitest.Fault{Status: http.StatusTooManyRequests, Code: "QuotaExceeded", Header: http.Header{"X-Amzn-Ratelimit-Limit": {"0.05"}}}
		}
	}).createQueue(nil)
	begun := r.clock.Now()
	r.apply()
	r.settled()
	if waited := r.clock.Now().Sub(begun).Seconds(); refusals != 3 || waited < 60 {
		t.Errorf("%d refusals that asked for 20s each: waited %.0fs", refusals, waited)
	}
}

// Many types of a seller are asked for one after another: none is refused, for Amazon
// counts refused calls too.
func TestSP4CallsStayWithinTheLimit(t *testing.T) {
	r := newRig(t, nil).createQueue(nil)
	r.config.Types = nil
	for _, c := range "ABCDEFGHIJKL" {
		r.config.Types = append(r.config.Types, notificationType{"TYPE_" + string(c), "1.0"})
	}
	refused := 0
	r.env.Client = func() *http.Client {
		c := setup.NewClient()
		c.Transport = counting{http.DefaultTransport, &refused}
		return c
	}
	r.apply()
	if n := len(r.amazon.Subscriptions()); n != 24 || refused > 0 {
		t.Errorf("%d subscriptions, %d calls were refused", n, refused)
	}
}

type counting struct {
	through http.RoundTripper
	refused *int
}

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := c.through.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusTooManyRequests {
		*c.refused++
	}
	return answer, err
}

func TestSP4ASellerWhoIsRefusedDoesNotKeepTheOthers(t *testing.T) {
	r := newRig(t, func(o *spapitest.Options) { delete(o.Sellers, "Atzr|one") }).createQueue(nil)
	p := r.plan()
	var out strings.Builder
	p.Print(&out)
	if want := "trouble  seller one: LWA token: 400 invalid_grant (the seller's refresh token is not valid"; !strings.Contains(out.String(), want) || p.Count(setup.Trouble) != 1 {
		t.Errorf("%s", out.String())
	}
	if failed, left := p.Apply(t.Context(), &out); failed+left > 0 || len(r.amazon.Subscriptions()) != 2 {
		t.Errorf("%d failed, %d left, %v", failed, left, r.amazon.Subscriptions())
	}
}

func TestSP4WhatOneTypeLacksDoesNotKeepTheOthers(t *testing.T) {
	r := newRig(t, func(o *spapitest.Options) {
		o.Intercept = func(c spapitest.Call) *spapitest.Fault {
			if c.Operation == "createSubscription" && c.Type == "ORDER_CHANGE" {
				return &spapitest.Fault{Status: http.StatusForbidden, Code: "Unauthorized"}
			}
			return nil
		}
	}).createQueue(nil)
	var out strings.Builder
	if failed, left := r.plan().Apply(t.Context(), &out); failed != 2 || left != 0 {
		t.Errorf("%d failed, %d left", failed, left)
	}
	if want := "subscription ORDER_CHANGE 1.0 of one … failed: POST /notifications/v1/subscriptions/ORDER_CHANGE: 403 Unauthorized: a fault that the test asked for (the app has no role for this"; !strings.Contains(out.String(), want) {
		t.Errorf("%s", out.String())
	}
	if len(r.amazon.Subscriptions()) != 2 {
		t.Errorf("%v", r.amazon.Subscriptions())
	}
}

func TestSP4WithoutTheDestinationNoSubscriptionIsTried(t *testing.T) {
	r := newRig(t, nil).createQueue(nil)
	r.amazon.AddDestination(spapitest.Destination{Name: "leat-orders", QueueARN: "arn:aws:sqs:us-east-1:1:theirs"})
	var out strings.Builder
	if failed, left := r.plan().Apply(t.Context(), &out); failed != 1 || left != 4 {
		t.Errorf("%d failed, %d left", failed, left)
	}
	if !strings.Contains(out.String(), "set destination to another name") {
		t.Errorf("%s", out.String())
	}
}

func TestSP4RefusedCredentialsEndThePlan(t *testing.T) {
	r := newRig(t, nil).createQueue(nil)
	r.config.ClientSecret = "other-secret"
	_, err := plan(t.Context(), r.config, r.env)
	if err == nil || !strings.Contains(err.Error(), "401 invalid_client (Amazon does not know client_id") || strings.Contains(err.Error(), "other-secret") {
		t.Errorf("%v", err)
	}
}

func TestAQueueThatCannotBeADestinationIsRefused(t *testing.T) {
	r := newRig(t, nil)
	if _, err := plan(t.Context(), r.config, r.env); err == nil || !strings.Contains(err.Error(), "there is no such queue: create it first") {
		t.Errorf("%v", err)
	}
	source := r.source()
	source.Queue = "orders.fifo"
	r.env.Source = source
	_, _ = r.aws.CreateQueue("orders.fifo", nil)
	if _, err := plan(t.Context(), r.config, r.env); err == nil || !strings.Contains(err.Error(), "FIFO") {
		t.Errorf("%v", err)
	}
	r.env.Source = struct{}{}
	if _, err := plan(t.Context(), r.config, r.env); err == nil || !strings.Contains(err.Error(), "does not read from an SQS queue") {
		t.Errorf("%v", err)
	}
}

func TestAQueueWithAKeyNeedsSomebodysHand(t *testing.T) {
	r := newRig(t, nil).createQueue(map[string]string{"KmsMasterKeyId": "alias/orders"})
	var out strings.Builder
	r.plan().PrintByHand(&out)
	for _, want := range []string{"alias/orders", `"Action": ["kms:GenerateDataKey", "kms:Decrypt"]`, "arn:aws:iam::437568002678:root"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
}

func TestAnEventBusIsADestinationToo(t *testing.T) {
	r := newRig(t, nil)
	r.config.EventBridge = &EventBridge{AccountID: "111122223333", Region: "eu-west-1"}
	r.apply()
	r.settled()
	if d := r.amazon.Destinations(); len(d) != 1 || d[0].AccountID != "111122223333" || d[0].QueueARN != "" {
		t.Errorf("%+v", d)
	}
	if calls := r.aws.Calls(); len(calls) > 0 {
		t.Errorf("the queue was asked: %v", calls)
	}
}
