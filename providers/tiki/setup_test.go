package tiki

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/tiki/tikitest"
)

func TestTK3SetupIsIdempotentWithTheTwoTokenKinds(t *testing.T) {
	sid := func(s *site, token string) string { return s.tiki.SellerID(token)[:4] }
	t.Run("public app", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := newSite(t, tikitest.Options{})
			before := s.state()
			want := "  keep     token of the queue's owner: Tiki takes it\n  create   queue orders\n" +
				"  create   subscription ORDER_CREATED of a\n  create   subscription ORDER_UPDATED of a\n" +
				"  create   subscription ORDER_CREATED of b\n  create   subscription ORDER_UPDATED of b\n"
			if out := printed(s.plan()); !strings.HasPrefix(out, want) || s.state() != before || s.changes() != 0 {
				t.Fatalf("a plan only reads: %s", out)
			}
			if out := s.apply(); !strings.Contains(out, "from: {tiki: {queue: 5e1f") || strings.Count(out, "it acts after some minutes") != 4 {
				t.Errorf("%s", out)
			}
			a, b := sid(s, "seller-token-a"), sid(s, "seller-token-b")
			list := []string{"queue orders", "queue q"}
			for _, seller := range []string{a, b} {
				list = append(list, "orders ORDER_CREATED of "+seller+" active=true", "orders ORDER_UPDATED of "+seller+" active=true")
			}
			slices.Sort(list)
			if got := s.state(); got != strings.Join(list, "\n") {
				t.Errorf("%s", got)
			}
			s.isSettled()
		})
	})
	for name, account := range map[string]func(*SourceConfig){
		"a seller's token":   func(c *SourceConfig) { c.ClientID, c.ClientSecret, c.Token = "", "", "seller-token-a" },
		"a seller's own app": func(*SourceConfig) {},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newSite(t, tikitest.Options{InHouse: name == "a seller's own app"})
				s.config.Sellers = ""
				s.change(account)
				s.apply()
				if got := s.state(); strings.Count(got, "queue orders") != 1 || strings.Count(got, "active=true") != 2 {
					t.Errorf("%s", got)
				}
				s.isSettled()
			})
		})
	}
}

// Wherever a process is killed, before or after the work of any of its calls, another run
// ends in the state that one undisturbed run ends in.
func TestTK3AfterAKillAnotherRunReachesTheSameEnd(t *testing.T) {
	for name, prepare := range map[string]func(*site){"from nothing": func(*site) {}, "with what is not active": (*site).withInactive} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				calls := 0
				undisturbed := newSite(t, tikitest.Options{})
				prepare(undisturbed)
				undisturbed.kill = func() (bool, bool) { calls++; return false, false }
				undisturbed.apply()
				want := undisturbed.state()
				if calls < 12 {
					t.Fatalf("only %d calls are made", calls)
				}
				for at := 1; at <= calls; at++ {
					for _, work := range []bool{false, true} {
						s := newSite(t, tikitest.Options{})
						prepare(s)
						s.runUntilKilled(at, work)
						s.apply()
						if got := s.state(); got != want {
							t.Fatalf("killed at call %d of %d (work done: %v) there is\n%s\nwant\n%s", at, calls, work, got, want)
						}
						s.isSettled()
					}
				}
			})
		})
	}
}

// An answer that is lost after the work is done must not make a second queue of the name:
// Tiki would.
func TestLostAnswersAndRefusalsThatPassAreTriedAgain(t *testing.T) {
	for name, fault := range map[string]tikitest.Fault{
		"dropped": {Drop: true}, "lost": {Work: true, Drop: true}, "429": {Status: 429, Header: http.Header{"Retry-After": {"30"}}},
		"503": {Status: 503}, "503 after the work": {Status: 503, Work: true}, "a page": {Body: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
					if c.Number%2 == 1 {
						return &fault
					}
					return nil
				}})
				s.apply()
				if got := s.state(); strings.Count(got, "queue orders") != 1 || strings.Count(got, "active=true") != 4 {
					t.Errorf("%s", got)
				}
			})
		})
	}
}

func TestWhatIsNotActiveIsMadeSoAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		s.withInactive()
		if out := printed(s.plan()); !strings.Contains(out, "  change   subscription ORDER_CREATED of b: it is there, and not active\n") || strings.Count(out, "  create ") != 3 {
			t.Errorf("%s", out)
		}
		if out := s.apply(); !strings.Contains(out, "it acts again after some minutes") || strings.Contains(s.state(), "active=false") {
			t.Errorf("%s", out)
		}
		s.isSettled()
	})
}

func TestAPageInPlaceOfAnAnswerMakesNothingActive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
			if c.Action == tikitest.UpdateActive && c.Number == 2 { // the first one makes it inactive
				return tikitest.HTMLPage()
			}
			return nil
		}})
		s.withInactive()
		s.apply()
		s.isSettled()
	})
}

func TestTheQueueIsFoundByItsCodeBeforeItsName(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		s.change(func(c *SourceConfig) { c.Queue = "q" })
		s.apply()
		if got := s.state(); strings.Contains(got, "queue orders") || strings.Count(got, "q ORDER_") != 4 {
			t.Errorf("%s", got)
		}
		s.isSettled()
	})
}
