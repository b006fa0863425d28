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
