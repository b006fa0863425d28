package tiki

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/tiki/tikitest"
	"github.com/leat-io/leat/setup"
)

func TestASellerWithAnIDOfAnotherIsSaid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		s.config.Sellers, s.config.Types = sellersFile(t, "name,sid,token\na,OTHER,seller-token-a\n"), []string{"T"}
		for _, want := range []string{"Tiki says that the token is of seller", "check the seller's sid, or leave it out"} {
			var out strings.Builder
			if failed, _ := s.plan().Apply(t.Context(), &out); failed != 1 || !strings.Contains(out.String(), want) {
				t.Errorf("%s", &out)
			}
		}
		s.config.Sellers = sellersFile(t, "name,sid,token\na,"+s.tiki.SellerID("seller-token-a")+",seller-token-a\n")
		s.isSettled()
	})
}

func TestSubscriptionsOfOtherSellersDoNotCount(t *testing.T) {
	list := []Subscription{
		{Code: "1", EventType: "T", SID: "S1", Active: true}, {Code: "2", EventType: "T", SID: "S2"},
		{Code: "3", EventType: "T", SID: "S2", Active: true}, {Code: "4", EventType: "U", SID: "S2"}, {EventType: "U", SID: "S2", Active: true},
	}
	for _, c := range []struct {
		sid, kind string
		list      []Subscription
		code      string
	}{{"S1", "T", list, "1"}, {"S2", "T", list, "3"}, {"S3", "T", list, ""}, {"", "U", list, "4"}, {"", "T", list[1:], "3"}} {
		w := wantedSubscription{kind: c.kind, seller: seller{SID: c.sid}}
		if err := w.pick(c.list); err != nil || w.found.Code != c.code {
			t.Errorf("%+v: %+v, %v", c, w.found, err)
		}
	}
	w := wantedSubscription{kind: "T"}
	if err := w.pick(list); err == nil || !strings.Contains(err.Error(), "set sid") {
		t.Errorf("%v", err)
	}
}

// A seller without a sid must not be taken to have what is another's.
func TestASubscriptionIsOfOneSeller(t *testing.T) {
	for name, c := range map[string]struct {
		sellers, found string
		trouble        string
		create         int
	}{
		"none has a sid": {"name,token\na,seller-token-a\nb,seller-token-b\n", "a", `Tiki shows subscription s1 to seller "a" too: set the sid of both`, 0},
		"one has a sid":  {"name,sid,token\na,S1,seller-token-a\nb,,seller-token-b\n", "a (S1)", `Tiki shows`, 0},
		"both have one":  {"name,sid,token\na,S1,seller-token-a\nb,S2,seller-token-b\n", "a (S1)", "", 1},
	} {
		bubble(t, func(t *testing.T) {
			s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
				if c.Action == tikitest.ListSubscriptions { // whoever asks
					return &tikitest.Fault{Body: `[{"code":"s1","event_type":"T","sid":"S1","active":true}]`}
				}
				return nil
			}})
			s.config.Sellers, s.config.Types = sellersFile(t, c.sellers), []string{"T"}
			s.change(func(c *SourceConfig) { c.Queue = "q" })
			p := s.plan()
			out := printed(p)
			if p.Count(setup.Create) != c.create || !strings.Contains(out, "keep     subscription T of "+c.found+": s1") {
				t.Errorf("%s: %s", name, out)
			}
			if (p.Count(setup.Trouble) == 1) != (c.trouble != "") || c.trouble != "" && !strings.Contains(out, "trouble  subscription T of b: it is not clear which one is meant: "+c.trouble) {
				t.Errorf("%s: %s", name, out)
			}
		})
	}
}

func TestASubscriptionThatIsMadeIsNotThatOfTheNextSeller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		made := ""
		s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
			switch {
			case c.Action == tikitest.CreateSubscription:
				made = `{"code":"s1","event_type":"T","sid":"S1","active":true}`
				return &tikitest.Fault{Body: made}
			case c.Action == tikitest.ListSubscriptions:
				return &tikitest.Fault{Body: "[" + made + "]"}
			}
			return nil
		}})
		s.config.Types = []string{"T"}
		s.change(func(c *SourceConfig) { c.Queue = "q" })
		var out strings.Builder
		if failed, _ := s.plan().Apply(t.Context(), &out); failed != 1 || !strings.Contains(out.String(), `T of b … failed: it is not clear which one is meant: Tiki shows subscription s1 to seller "a" too`) {
			t.Errorf("%s", &out)
		}
	})
}
