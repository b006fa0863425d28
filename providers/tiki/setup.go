package tiki

import (
	"context"
	"errors"
	"net/http"

	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/setup"
)

// Setup makes the queue and the subscriptions of a flow from tiki.
var Setup = setup.Define("tiki", SetupConfig{}, plan)

// planner makes the plan of one flow.
type planner struct {
	config SetupConfig
	env    *setup.Env
	source SourceConfig
	plan   *setup.Plan
	queue  *wantedQueue
	owners map[string]string // the names of sellers by the codes of their subscriptions
}

func plan(ctx context.Context, c SetupConfig, env *setup.Env) (*setup.Plan, error) {
	source, ok := env.Source.(SourceConfig)
	if !ok {
		return nil, errors.New("the flow does not read from a queue of Tiki's")
	}
	owner := c.owner(source.Account)
	if err := owner.Validate(); err != nil {
		return nil, err
	}
	all, err := c.sellers()
	if err != nil {
		return nil, err
	}
	p := &planner{config: c, env: env, source: source, plan: &setup.Plan{}, owners: map[string]string{}}
	p.queue = &wantedQueue{p: p, control: p.controlOf(owner), asked: source.Queue, name: c.QueueName}
	if err := p.queue.addTo(ctx, p.plan); err != nil {
		return nil, err
	}
	for _, s := range all {
		if err := p.subscriptions(ctx, s); err != nil {
			return nil, err
		}
	}
	p.queue.toldTo(p.plan)
	return p.plan, nil
}

// controlOf returns a control of an account whose settings were checked.
func (p *planner) controlOf(a Account) *Control {
	return &Control{newClient(a, p.env.Clock, setupTransport{p.env.Client()})}
}

// controlFor returns that of a seller: with its token, or the owner's of the queue.
func (p *planner) controlFor(s seller) *Control {
	if s.Token == "" {
		return p.queue.control
	}
	a := p.source.Account
	a.ClientID, a.ClientSecret, a.Token = "", "", s.Token
	return p.controlOf(a)
}

// setupTransport reaches Tiki by a client that follows no redirects.
type setupTransport struct{ *http.Client }

// RoundTrip leaves the URL out of errors: who calls names the call.
func (t setupTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.Do(r)
	return answer, webcall.WithoutURL(err)
}
