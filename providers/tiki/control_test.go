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

func TestAQueueAndItsSubscriptionsNeedTwoKindsOfTokens(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{SellerTokens: []string{"seller-a"}})
		if _, err := control(t, s, platform).CreateSubscription(t.Context(), "q", "X"); statusOf(err) != 403 || !strings.Contains(err.Error(), "the platform's own client_id") {
			t.Errorf("%v", err)
		}
		seller := control(t, s, Account{Token: "seller-a"})
		if _, err := openQueue(seller.client, "q").pull(t.Context(), nil); statusOf(err) != 403 {
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
		if err := c.UpdateActive(t.Context(), q.Code, sub.Code, true); err != nil {
			t.Fatal(err)
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
