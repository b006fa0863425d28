package tiki

import (
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

func control(t *testing.T, s *tikitest.Server, a Account) *Control {
	t.Helper()
	a.BaseURL, a.TokenURL = s.BaseURL, s.TokenURL
	c := &Control{newClient(a.withDefaults(), pipeline.System, direct{s.Direct()})}
	t.Cleanup(c.Close)
	return c
}

var platform = Account{ClientID: "client", ClientSecret: "secret"}

func TestTK3SetupIsIdempotentWithTheTwoKindsOfTokens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{SellerTokens: []string{"seller-a", "seller-b"}})
		queues := control(t, s, platform)
		var code string
		for run := range 2 {
			q, made, err := queues.EnsureQueue(t.Context(), "orders")
			if err != nil || made != (run == 0) || q.Name != "orders" || q.Status != "ACTIVE" || code != "" && q.Code != code {
				t.Fatalf("run %d: %+v, made %v, %v", run, q, made, err)
			}
			code = q.Code
			for _, token := range []string{"seller-a", "seller-b"} {
				seller := control(t, s, Account{Token: pipeline.Secret(token)})
				sub, changed, err := seller.EnsureSubscription(t.Context(), code, "ORDER_CREATED_SUCCESSFULLY")
				if err != nil || changed != (run == 0) || !sub.Active || sub.SID != s.SellerID(token) {
					t.Fatalf("run %d: %+v, changed %v, %v", run, sub, changed, err)
				}
			}
		}
		if calls := s.Calls(); calls[tikitest.CreateQueue] != 1 || calls[tikitest.CreateSubscription] != 2 {
			t.Errorf("%v", calls)
		}
		// The platform's own token is none for subscriptions, and a seller's none for its queue.
		if _, _, err := queues.EnsureSubscription(t.Context(), code, "X"); statusOf(err) != 403 || !strings.Contains(err.Error(), "the platform's own client_id") {
			t.Errorf("%v", err)
		}
		seller := control(t, s, Account{Token: "seller-a"})
		if _, err := openQueue(seller.client, code).pull(t.Context(), nil); statusOf(err) != 403 {
			t.Errorf("%v", err)
		}
	})
}

func TestASellerUsesItsTokenForEverything(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{SellerTokens: []string{"seller-a"}})
		c := control(t, s, Account{Token: "seller-a"})
		q, err := c.CreateQueue(t.Context(), "mine")
		if err != nil {
			t.Fatal(err)
		}
		sub, err := c.CreateSubscription(t.Context(), q.Code, "T")
		if err != nil || sub.EventType != "T" {
			t.Fatalf("%+v, %v", sub, err)
		}
		if err := c.UpdateActive(t.Context(), q.Code, sub.Code, false); err != nil {
			t.Fatal(err)
		}
		if list, err := c.Subscriptions(t.Context(), q.Code); err != nil || len(list) != 1 || list[0].Active {
			t.Errorf("%+v, %v", list, err)
		}
		if sub, changed, err := c.EnsureSubscription(t.Context(), q.Code, "T"); err != nil || !changed || !sub.Active {
			t.Errorf("%+v, %v, %v", sub, changed, err)
		}
		time.Sleep(4 * time.Minute)
		if n := s.Publish(tikitest.Event{SID: s.SellerID("seller-a"), Type: "T"}); n != 1 {
			t.Errorf("the event came to %d queues", n)
		}
		p, err := openQueue(c.client, q.Code).pull(t.Context(), nil)
		if err != nil || len(p.elements) != 1 || p.elements[0].facts[1] != "T" {
			t.Errorf("%+v, %v", p, err)
		}
		s.Revoke("seller-a")
		if _, err := c.Queues(t.Context()); statusOf(err) != 401 || s.Calls()[tikitest.Token] != 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestTheNumberOfQueuesIsLimited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{MaxQueues: 1})
		_, _, err := control(t, s, platform).EnsureQueue(t.Context(), "another")
		if statusOf(err) != 400 || !strings.Contains(err.Error(), `create queue "another" beside 1 others`) {
			t.Errorf("%v", err)
		}
	})
}

func TestControlRefusesWhatItDoesNotUnderstand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		answers := []*tikitest.Fault{tikitest.HTMLPage(), {Body: `{}`}, {Body: `{"code":7}`}, tikitest.Status(503)}
		for _, fault := range answers {
			s := newServer(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
				if c.Action == tikitest.Token {
					return nil
				}
				return fault
			}})
			if q, err := control(t, s, platform).CreateQueue(t.Context(), "x"); err == nil {
				t.Errorf("%s gives %+v", fault.Body, q)
			}
		}
		if _, err := NewControl(Account{}); err == nil {
			t.Error("an account that is nobody's")
		}
		if _, err := control(t, newServer(t, tikitest.Options{}), platform).Subscriptions(t.Context(), "../x"); err == nil {
			t.Error("a queue that leads elsewhere")
		}
	})
}
