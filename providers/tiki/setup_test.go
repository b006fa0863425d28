package tiki

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/tiki/tikitest"
	"github.com/leat-io/leat/setup"
)

// site is a flow whose feed is set up, and Tiki, where two sellers have given tokens.
type site struct {
	t      *testing.T
	tiki   *tikitest.Server
	config SetupConfig
	env    *setup.Env
	log    strings.Builder
	// kill, if not nil, sees every call, and says whether the process dies with it, before
	// its work or after.
	kill func() (dies, work bool)
	// looks is set while a test looks at what there is, where nothing is to fail.
	looks bool
}

var sellerTokens = []string{"seller-token-a", "seller-token-b"}

func newSite(t *testing.T, o tikitest.Options) *site {
	t.Helper()
	s := &site{t: t}
	o.SellerTokens = sellerTokens
	fails := o.Intercept
	o.Intercept = func(c tikitest.Call) *tikitest.Fault {
		if s.looks {
			return nil
		}
		if s.kill != nil {
			if dies, work := s.kill(); dies {
				return &tikitest.Fault{Work: work, Drop: true}
			}
		}
		if fails != nil {
			return fails(c)
		}
		return nil
	}
	s.tiki = newServer(t, o)
	s.config = SetupConfig{
		Sellers:   sellersFile(t, "name,token\na,seller-token-a\nb,seller-token-b\n"),
		QueueName: "orders", Types: []string{"ORDER_CREATED", "ORDER_UPDATED"},
	}
	source := Source.Defaults.(SourceConfig)
	source.Queue, source.ClientID, source.ClientSecret = "new", "client", "secret"
	source.BaseURL, source.TokenURL = s.tiki.BaseURL, s.tiki.TokenURL
	s.env = &setup.Env{
		Flow: "orders", Source: source, Clock: pipeline.System, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		Client: func() *http.Client { return &http.Client{Transport: s.tiki.Direct()} },
	}
	return s
}

func sellersFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sellers.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// change changes the settings of the flow's source.
func (s *site) change(f func(*SourceConfig)) {
	source := s.env.Source.(SourceConfig)
	f(&source)
	s.env.Source = source
}

func (s *site) plan() *setup.Plan {
	s.t.Helper()
	p, err := plan(s.t.Context(), s.config, s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func printed(p *setup.Plan) string {
	var out strings.Builder
	p.Print(&out)
	p.PrintByHand(&out)
	return out.String()
}

// apply plans and applies, and returns what was printed, with what is to be done by hand.
func (s *site) apply() string {
	s.t.Helper()
	p := s.plan()
	var out strings.Builder
	if failed, left := p.Apply(s.t.Context(), &out); failed > 0 || left > 0 {
		s.t.Fatalf("%d failed, %d left:\n%s", failed, left, &out)
	}
	p.PrintByHand(&out)
	return out.String()
}

// state is what there is at Tiki, without codes.
func (s *site) state() string {
	s.t.Helper()
	var list []string
	s.looks = true
	defer func() { s.looks = false }()
	accounts := []Account{platform, {Token: "seller-token-a"}, {Token: "seller-token-b"}}
	for _, owner := range accounts {
		queues, err := control(s.t, s.tiki, owner).Queues(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, q := range queues {
			list = append(list, "queue "+q.Name)
			for _, of := range accounts {
				subs, _ := control(s.t, s.tiki, of).Subscriptions(s.t.Context(), q.Code)
				for _, sub := range subs {
					list = append(list, fmt.Sprintf("%s %s of %s active=%v", q.Name, sub.EventType, sub.SID[:4], sub.Active))
				}
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// changes is how many calls were made that change something.
func (s *site) changes() int {
	n := s.tiki.Calls()
	return n[tikitest.CreateQueue] + n[tikitest.CreateSubscription] + n[tikitest.UpdateActive]
}

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

// isSettled fails if another run has something to change, also once the code is in the flow.
func (s *site) isSettled() {
	s.t.Helper()
	before, state := s.changes(), s.state()
	for range 2 {
		out := s.apply()
		if p := s.plan(); p.Count(setup.Create, setup.Change, setup.Trouble) != 0 || s.changes() != before || s.state() != state {
			s.t.Fatalf("another run makes: %s\n%s", out, printed(p))
		}
		if _, code, found := strings.Cut(out, "{queue: "); found {
			s.change(func(c *SourceConfig) { c.Queue, _, _ = strings.Cut(code, "}") })
		}
	}
	if p := s.plan(); p.Count(setup.ByHand) != 0 {
		s.t.Errorf("the code is in the flow: %s", printed(p))
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

// withInactive has the flow read the queue q, to which a subscription leads that is not active.
func (s *site) withInactive() {
	s.change(func(c *SourceConfig) { c.Queue = "q" })
	seller := control(s.t, s.tiki, Account{Token: "seller-token-b"})
	sub, err := seller.CreateSubscription(s.t.Context(), "q", "ORDER_CREATED")
	if err == nil {
		err = seller.UpdateActive(s.t.Context(), "q", sub.Code, false)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// runUntilKilled plans and applies, and dies with the n-th call.
func (s *site) runUntilKilled(n int, work bool) {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	s.kill = func() (bool, bool) {
		n--
		if n == 0 {
			cancel()
		}
		return n <= 0, work && n == 0
	}
	if p, err := plan(ctx, s.config, s.env); err == nil {
		p.Apply(ctx, &strings.Builder{})
	}
	s.kill = nil
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
		"401 Unauthorized":               func(s *site) { s.config.ClientID, s.config.ClientSecret = "client", "wrong-secret" },
		"tried 5 times":                  func(s *site) { s.kill = func() (bool, bool) { return true, false } },
		"have the same token":            func(s *site) { s.config.Sellers = sellersFile(s.t, "name,token\na,wrong-secret\nb,wrong-secret\n") },
		"must be printable ASCII":        func(s *site) { s.config.Sellers = sellersFile(s.t, "name,token\na,wrong-secret é\n") },
		"does not read from a queue":     func(s *site) { s.env.Source = struct{}{} },
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
