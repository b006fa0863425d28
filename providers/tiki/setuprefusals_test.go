package tiki

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/providers/tiki/tikitest"
	"github.com/leat-io/leat/setup"
)

func TestAQueueThatNobodyHasNamedIsNotMade(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		s.config.QueueName = ""
		_, err := plan(t.Context(), s.config, s.env)
		if err == nil || !strings.Contains(err.Error(), `the account has 1 queues, and none has the code "new": set the flow's queue to the code of one, or queue_name`) || s.changes() > 0 {
			t.Errorf("%v", err)
		}
	})
}

func TestOfQueuesOfOneNameNoneIsChosen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		for range 2 {
			if _, err := control(t, s.tiki, platform).CreateQueue(t.Context(), "orders"); err != nil {
				t.Fatal(err)
			}
		}
		before := s.tiki.Calls()[tikitest.ListQueues]
		_, err := plan(t.Context(), s.config, s.env)
		if err == nil || !strings.Contains(err.Error(), `2 queues are named "orders": set the flow's queue to the code of one of them`) || s.tiki.Calls()[tikitest.ListQueues] != before+1 {
			t.Errorf("%v", err)
		}
	})
}

func TestTheNumberOfQueuesIsLimited(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{MaxQueues: 1})
		var out strings.Builder
		if failed, left := s.plan().Apply(t.Context(), &out); failed != 1 || left != 4 {
			t.Errorf("%d failed, %d left", failed, left)
		}
		if want := "(Tiki limits how many queues an account has, and this one has 1: set the flow's queue to the code of one of them, or have one deleted)"; !strings.Contains(out.String(), want) || s.tiki.Calls()[tikitest.CreateQueue] != 1 {
			t.Errorf("%s", &out)
		}
	})
}

func TestAQueueThatIsNotActiveIsTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
			if c.Action == tikitest.ListQueues {
				return &tikitest.Fault{Body: `[{"code":"q","name":"orders","status":"SUSPENDED"}]`}
			}
			return nil
		}})
		p := s.plan()
		if out := printed(p); p.Count(setup.Trouble) != 1 || !strings.Contains(out, "trouble  status of queue orders: it is SUSPENDED, not ACTIVE") || p.Count(setup.Create) != 4 {
			t.Errorf("%s", out)
		}
	})
}

func TestASellerWhoIsRefusedDoesNotKeepTheOthers(t *testing.T) {
	for _, there := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			s := newSite(t, tikitest.Options{})
			if there {
				s.change(func(c *SourceConfig) { c.Queue = "q" })
			}
			s.tiki.Revoke("seller-token-a")
			p := s.plan()
			out := printed(p)
			if p.Count(setup.Trouble) != 1 || !strings.Contains(out, "trouble  subscriptions of a: GET ") || !strings.Contains(out, "401 Unauthorized") {
				t.Errorf("%s", out)
			}
			var applied strings.Builder
			if failed, left := p.Apply(t.Context(), &applied); failed+left > 0 || strings.Count(applied.String(), "of b … done") != 2 {
				t.Errorf("%s", &applied)
			}
		})
	}
}

func TestTheWrongKindOfTokenIsSaid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newSite(t, tikitest.Options{})
		s.config.Sellers = ""
		s.change(func(c *SourceConfig) { c.Queue = "q" })
		if out := printed(s.plan()); !strings.Contains(out, "subscriptions of a public app need the tokens of its sellers: set sellers or seller_token") {
			t.Errorf("%s", out)
		}
		s.config.SellerToken = "seller-token-a"
		s.apply()
		s.isSettled()
	})
}

func TestErrorsOfSetupShowNoSecrets(t *testing.T) {
	for name, change := range map[string]func(*site){
		"401 Unauthorized":           func(s *site) { s.config.ClientID, s.config.ClientSecret = "client", "wrong-secret" },
		"tried 5 times":              func(s *site) { s.kill = func() (bool, bool) { return true, false } },
		"have the same token":        func(s *site) { s.config.Sellers = sellersFile(s.t, "name,token\na,wrong-secret\nb,wrong-secret\n") },
		"must be printable ASCII":    func(s *site) { s.config.Sellers = sellersFile(s.t, "name,token\na,wrong-secret é\n") },
		"does not read from a queue": func(s *site) { s.env.Source = struct{}{} },
		"name: want up to 64 bytes, and": func(s *site) {
			s.config.Sellers = sellersFile(s.t, "name,token\n"+strings.Repeat("wrong-secret", 6)+",a\n")
		},
		"read the sellers":               func(s *site) { s.config.Sellers = filepath.Join(s.t.TempDir(), "none.csv") },
		"check the code of the queue":    func(*site) {}, // by the double below
		"client_id: want client_id and ": func(s *site) { s.change(func(c *SourceConfig) { c.ClientID, c.ClientSecret = "", "" }) },
	} {
		bubble(t, func(t *testing.T) {
			s := newSite(t, tikitest.Options{Intercept: func(c tikitest.Call) *tikitest.Fault {
				if strings.HasPrefix(name, "check") && c.Action == tikitest.ListQueues {
					return &tikitest.Fault{Status: 404, Body: "no queue for token secret seller-token-a token-5e1f0000-0000-4000-8000-000000000001"}
				}
				return nil
			}})
			change(s)
			_, err := plan(t.Context(), s.config, s.env)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
			for _, secret := range []string{"wrong-secret", "token-5e1f0000"} {
				if strings.Contains(err.Error()+s.log.String(), secret) {
					t.Errorf("%s is in %v, or in %s", secret, err, &s.log)
				}
			}
		})
	}
}

func TestSettingsOfSetupAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"types: []":                    "types: the list is empty",
		"client_id: a":                 `"types" is required`,
		"{types: T, client_id: a}":     "client_id needs client_secret",
		"{types: T, client_secret: a}": "client_secret needs client_id",
		"{types: T, client_id: 'a:', client_secret: b}": "must not have a colon",
		"{types: [T, T]}":                         "T is in the list twice",
		"{types: order}":                          `"order" is no type of events`,
		"{types: T, sellers: f, seller_token: t}": "exclude each other",
		"{types: T, seller_token: 't t'}":         "must be printable ASCII without spaces",
		"{types: T, queue_name: ' a'}":            "without spaces around them",
	} {
		n, p := conf.Parse([]conf.Source{{Name: "f.yaml", Data: []byte(text)}}, nil, os.ReadFile)
		if _, err := Setup.Plan(t.Context(), n, &setup.Env{}, p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
