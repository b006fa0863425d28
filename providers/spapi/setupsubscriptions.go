package spapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/leat-io/leat/setup"
)

// wanted is a subscription that a seller should have.
type wanted struct {
	target *target
	seller seller
	kind   notificationType
	found  subscription // without an ID if there is none
}

func (w *wanted) String() string { return fmt.Sprintf("subscription %s of %s", w.kind, w.seller) }

func (w *wanted) bearer() bearer { return bearer{w.seller.RefreshToken} }

// subscriptions looks at those of a seller. What cannot be looked at does not keep the
// plan from being made for the others.
func (p *planner) subscriptions(ctx context.Context, s seller) error {
	p.env.Log.Info("looking at the subscriptions of a seller", "seller", s.Name)
	t := p.target(s.Region)
	for _, kind := range p.config.Types {
		w := &wanted{target: t, seller: s, kind: kind}
		err := w.look(ctx)
		switch {
		case err == nil:
			p.plan.Add(w.step())
		case codeOf(err) == invalidGrant:
			p.plan.Trouble("seller "+s.String(), err)
			return nil
		case !p.trouble(ctx, w.String(), err):
			return err
		}
	}
	return nil
}

// trouble adds a refusal to the plan, and returns false for errors that would meet
// every seller.
func (p *planner) trouble(ctx context.Context, what string, err error) bool {
	var r *refusal
	if ctx.Err() != nil || !errors.As(err, &r) || r.transient() || r.code == invalidClient {
		return false
	}
	p.plan.Trouble(what, err)
	return true
}

// look asks for the subscription that there is.
func (w *wanted) look(ctx context.Context) error {
	found, err := w.target.client.subscription(ctx, w.bearer(), w.kind)
	if refusedWith(err, http.StatusNotFound) {
		w.found = subscription{}
		return nil
	}
	if err == nil && found.PayloadVersion != "" && found.PayloadVersion != w.kind.Version {
		found = subscription{} // that of another version, which stays
	}
	w.found = found
	return err
}

func (w *wanted) step() setup.Step {
	switch {
	case w.found.ID == "":
		return setup.Step{Action: setup.Create, What: w.String(), Apply: w.create}
	case w.leadsHere():
		return setup.Step{Action: setup.Keep, What: w.String(), Detail: w.found.ID}
	}
	return setup.Step{Action: setup.Change, What: w.String(), Detail: "it leads to " + w.target.nameOf(w.found.DestinationID) + ", which then gets nothing any more", Apply: w.move}
}

func (w *wanted) leadsHere() bool {
	return w.found.ID != "" && w.found.DestinationID != "" && w.found.DestinationID == w.target.found.ID
}

// nameOf is what messages call a destination of somebody else.
func (t *target) nameOf(id string) string {
	if d, ok := t.others[id]; ok {
		return fmt.Sprintf("destination %s (%s)", d.Name, d.Resource)
	}
	return "destination " + id
}

// move gives the subscription another destination, for which Amazon has no call. When
// this ends after the first half, the seller has no subscription, and the next plan
// makes one.
func (w *wanted) move(ctx context.Context) (string, error) {
	if w.target.found.ID == "" {
		return "", errors.New("the destination is not there yet")
	}
	err := w.target.client.deleteSubscription(ctx, w.kind.Type, w.found.ID)
	if err != nil && !refusedWith(err, http.StatusNotFound) {
		return "", err
	}
	return w.create(ctx)
}

// create makes the subscription, unless it is there by now: an answer may be lost.
func (w *wanted) create(ctx context.Context) (string, error) {
	if w.target.found.ID == "" {
		return "", errors.New("the destination is not there yet")
	}
	made, err := w.target.client.createSubscription(ctx, w.bearer(), w.kind, w.target.found.ID)
	switch {
	case err == nil:
		return made.ID, nil
	case !refusedWith(err, http.StatusConflict):
		return "", err
	}
	if err := w.look(ctx); err != nil {
		return "", err
	}
	if w.leadsHere() {
		return "it was there already", nil
	}
	return "", fmt.Errorf("%w: the seller has a subscription of this type that leads to %s: run the same again, which moves it if it is of version %s", err, w.target.nameOf(w.found.DestinationID), w.kind.Version)
}

// tests has the sandbox send one notification of each type to each destination.
func (p *planner) tests() {
	if !p.config.Test {
		return
	}
	for _, t := range p.targets {
		for _, kind := range p.config.Types {
			p.plan.Add(setup.Step{
				Action: setup.Test, What: fmt.Sprintf("notification %s in region %s", kind.Type, t.region),
				Apply: func(ctx context.Context) (string, error) {
					return "Amazon sends one: look for it in the flow", t.client.sendTest(ctx, kind.Type, t.found.ID)
				},
			})
		}
	}
}
