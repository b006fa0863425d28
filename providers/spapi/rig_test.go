package spapi

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/spapi/spapitest"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/setup"
)

// hurried is a clock on which waiting takes no time, and which has moved on by then.
type hurried struct {
	mu  sync.Mutex
	now time.Time
}

func newHurried() *hurried {
	return &hurried{now: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)}
}

func (h *hurried) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hurried) AfterFunc(d time.Duration, f func()) pipeline.Timer {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	f()
	return fired{}
}

type fired struct{}

func (fired) Stop() bool { return false }

// foreign is a policy that somebody else has given the queue.
const foreign = `{"Version":"2012-10-17","Statement":{"Sid":"theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sqs:*","Resource":"*"}}`

// rig is a flow's queue at AWS, and Amazon, where two sellers have authorized the app.
type rig struct {
	t      *testing.T
	clock  *hurried
	amazon *spapitest.Server
	aws    *sqstest.Server
	config SetupConfig
	env    *setup.Env
	// kill, if not nil, sees every call to either, and says whether the process dies
	// with it, before its work or after.
	kill func() (dies, work bool)
}

func newRig(t *testing.T, change func(*spapitest.Options)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newHurried()}
	r.aws = sqstest.New(t, sqstest.Options{Intercept: func(sqstest.Call) *sqstest.Fault {
		if dies, work := r.dies(); dies {
			return &sqstest.Fault{Work: work, Drop: true}
		}
		return nil
	}})
	o := spapitest.Options{
		Clock: r.clock, Sellers: map[string]string{"Atzr|one": "one", "Atzr|two": "two"}, Queues: r.aws,
		Intercept: func(spapitest.Call) *spapitest.Fault {
			if dies, work := r.dies(); dies {
				return &spapitest.Fault{Work: work, Drop: true}
			}
			return nil
		},
	}
	if change != nil {
		change(&o)
	}
	r.amazon = spapitest.New(t, o)
	r.config = SetupConfig{
		ClientID: "client", ClientSecret: "secret", Endpoint: r.amazon.URL, TokenEndpoint: r.amazon.TokenURL,
		Sellers: write(t, "sellers.csv", "name,refresh_token,marketplaces\none,Atzr|one,A1PA6795UKMFR9\ntwo,Atzr|two,A1F83G8C2ARO7P;APJ6JRA9NG5V4\n"),
		Types:   []notificationType{{"ORDER_CHANGE", "1.0"}, {"ANY_OFFER_CHANGED", "1.0"}},
	}
	source := sqs.Source.Defaults.(sqs.SourceConfig)
	source.Queue, source.Settings = "orders", awsapi.Settings{Endpoint: r.aws.URL, Region: "us-east-1", AccessKeyID: "test"}
	r.env = &setup.Env{Flow: "orders", Source: source, Clock: r.clock, Log: slog.New(slog.DiscardHandler), Client: setup.NewClient}
	return r
}

func (r *rig) dies() (dies, work bool) {
	if r.kill == nil {
		return false, false
	}
	return r.kill()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r *rig) createQueue(attributes map[string]string) *rig {
	r.t.Helper()
	if _, err := r.aws.CreateQueue("orders", attributes); err != nil {
		r.t.Fatal(err)
	}
	return r
}

func (r *rig) plan() *setup.Plan {
	r.t.Helper()
	p, err := plan(r.t.Context(), r.config, r.env)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *rig) source() sqs.SourceConfig { return r.env.Source.(sqs.SourceConfig) }

// apply plans and applies, and returns what was printed.
func (r *rig) apply() string {
	r.t.Helper()
	var out strings.Builder
	if failed, left := r.plan().Apply(r.t.Context(), &out); failed > 0 || left > 0 {
		r.t.Fatalf("%d failed, %d left:\n%s", failed, left, &out)
	}
	return out.String()
}

// settled fails when a new plan would still change something.
func (r *rig) settled() {
	r.t.Helper()
	p := r.plan()
	var out strings.Builder
	p.Print(&out)
	if n := p.Count(setup.Create, setup.Change, setup.Trouble); n > 0 {
		r.t.Fatalf("there are still %d to make:\n%s", n, &out)
	}
}

// policy returns the queue's.
func (r *rig) policy() string {
	r.t.Helper()
	m, err := sqs.Manage(context.Background(), r.env.Source.(sqs.SourceConfig), r.clock, r.env.Log)
	if err != nil {
		r.t.Fatal(err)
	}
	defer m.Close()
	settings, _, err := m.Attributes(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return settings["Policy"]
}

// state is what is there in the end, without ids.
func (r *rig) state() string {
	r.t.Helper()
	var out strings.Builder
	out.WriteString(r.policy() + "\n")
	names := map[string]string{}
	for _, d := range r.amazon.Destinations() {
		names[d.ID] = d.Name
		out.WriteString(d.Name + " " + d.QueueARN + "\n")
	}
	for _, s := range r.amazon.Subscriptions() {
		out.WriteString(strings.Join([]string{s.Seller, s.Type, s.PayloadVersion, names[s.DestinationID]}, " ") + "\n")
	}
	return out.String()
}
