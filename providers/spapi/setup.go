// Package spapi is the control plane of Amazon's Selling Partner API notifications:
// it has them sent to a flow's queue.
package spapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/setup"
)

// Setup makes what a flow from spapi needs at Amazon.
var Setup = setup.Define("spapi", SetupConfig{}, plan)

// planner makes the plan of one flow.
type planner struct {
	config  SetupConfig
	env     *setup.Env
	plan    *setup.Plan
	tokens  *tokens
	targets []*target
}

// target is the destination of the flow at one host. Each region has its own.
type target struct {
	client *client
	region string      // one that the host serves
	found  destination // without an ID until it is there
	others map[string]destination
}

func plan(ctx context.Context, c SetupConfig, env *setup.Env) (*setup.Plan, error) {
	sellers, err := readSellers(c.Sellers, c.Region)
	if err != nil {
		return nil, pipeline.FieldError("sellers", "%w", err)
	}
	p := newPlanner(c, env)
	to, err := p.receiver(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range sellers {
		p.addTarget(s.Region, to)
	}
	if err := p.destinations(ctx); err != nil {
		return nil, err
	}
	for _, s := range sellers {
		if err := p.subscriptions(ctx, s); err != nil {
			return nil, err
		}
	}
	p.tests()
	return p.plan, nil
}

func newPlanner(c SetupConfig, env *setup.Env) *planner {
	return &planner{
		config: c, env: env, plan: &setup.Plan{},
		tokens: &tokens{
			url: cmp.Or(c.TokenEndpoint, tokenURL), clientID: c.ClientID, clientSecret: c.ClientSecret,
			client: env.Client(), clock: env.Clock, kept: map[bearer]accessToken{},
		},
	}
}

// receiver is the queue, or the event bus, that notifications go to.
func (p *planner) receiver(ctx context.Context) (resource, error) {
	if b := p.config.EventBridge; b != nil {
		p.eventBus()
		return resource{EventBridge: &eventBridgeResource{AccountID: b.AccountID, Region: b.Region}}, nil
	}
	source, ok := p.env.Source.(sqs.SourceConfig)
	if !ok {
		return resource{}, errors.New("the flow does not read from an SQS queue: Amazon sends notifications to a queue, or to EventBridge (set event_bridge)")
	}
	arn, err := p.queue(ctx, source)
	return resource{SQS: &queueResource{ARN: arn}}, err
}

// host is where the API of a region is.
func (p *planner) host(region string) string {
	return cmp.Or(p.config.Endpoint, hostOf(region, p.config.Sandbox))
}

// target returns that of a region, or nil.
func (p *planner) target(region string) *target {
	for _, t := range p.targets {
		if t.client.base == p.host(region) {
			return t
		}
	}
	return nil
}

func (p *planner) addTarget(region string, to resource) {
	if p.target(region) != nil {
		return
	}
	p.targets = append(p.targets, &target{
		region: region, found: destination{Name: cmp.Or(p.config.Destination, "leat-"+p.env.Flow), Resource: to},
		client: &client{
			base: p.host(region), http: p.env.Client(), tokens: p.tokens, clock: p.env.Clock,
			pace: &pace{clock: p.env.Clock, next: map[string]time.Time{}},
		},
	})
}

// destinations looks for those of all regions. Without its own, a region's
// subscriptions fail one by one; without the only one, none is tried.
func (p *planner) destinations(ctx context.Context) error {
	for _, t := range p.targets {
		if err := t.look(ctx); err != nil {
			return err
		}
		what := fmt.Sprintf("destination %s in region %s", t.found.Name, t.region)
		if t.found.ID != "" {
			p.plan.Keep(what, t.found.Resource.String())
			continue
		}
		p.plan.Add(setup.Step{Action: setup.Create, What: what, Detail: t.found.Resource.String(), Apply: t.create, Needed: len(p.targets) == 1})
	}
	return nil
}

// look asks for the destinations that there are.
func (t *target) look(ctx context.Context) error {
	list, err := t.client.destinations(ctx)
	if err != nil {
		return err
	}
	t.others = map[string]destination{}
	for _, d := range list {
		if d.Resource.is(t.found.Resource) && t.found.ID == "" {
			t.found = d
			continue
		}
		t.others[d.ID] = d
	}
	return nil
}

// create makes the destination, unless it is there by now: an answer may be lost.
func (t *target) create(ctx context.Context) (string, error) {
	made, err := t.client.createDestination(ctx, t.found.Name, t.found.Resource)
	switch {
	case err == nil && made.ID == "":
		return "", errors.New("createDestination: the answer holds no destinationId: run the same again")
	case err == nil:
		t.found.ID = made.ID
		return made.ID, nil
	case !refusedWith(err, 409):
		return "", err
	}
	if err := t.look(ctx); err != nil {
		return "", err
	}
	if t.found.ID == "" {
		return "", fmt.Errorf("%w: Amazon has a destination of that name for something else: set destination to another name", err)
	}
	return "it was there already", nil
}
