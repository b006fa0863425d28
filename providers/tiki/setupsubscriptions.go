package tiki

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/leat-io/leat/setup"
)

// wantedSubscription is one that a seller should have.
type wantedSubscription struct {
	p       *planner
	control *Control
	seller  seller
	kind    string
	found   Subscription // without a code if there is none
}

func (w *wantedSubscription) String() string {
	return "subscription " + w.kind + " of " + w.seller.String()
}

// subscriptions plans those of a seller. What cannot be looked at does not keep the plan
// from being made for the others.
func (p *planner) subscriptions(ctx context.Context, s seller) error {
	p.env.Log.Info("looking at the subscriptions of a seller", "seller", s.Name)
	control := p.controlFor(s)
	list, err := p.listOf(ctx, control)
	if err != nil {
		return p.trouble(ctx, "subscriptions of "+s.String(), err)
	}
	for _, kind := range p.config.Types {
		w := &wantedSubscription{p: p, control: control, seller: s, kind: kind}
		if err := w.look(list); err != nil {
			p.plan.Trouble(w.String(), err)
			continue
		}
		p.plan.Add(w.step())
	}
	return nil
}

// listOf asks for the subscriptions that there are. While there is no queue, there are none;
// then it is only seen to whether Tiki takes the token.
func (p *planner) listOf(ctx context.Context, control *Control) (list []Subscription, err error) {
	err = p.try(ctx, func(ctx context.Context) (err error) {
		if code := p.queue.found.Code; code != "" {
			list, err = control.Subscriptions(ctx, code)
			return err
		}
		if _, err = control.Queues(ctx); statusOf(err) == http.StatusForbidden {
			return nil // the token may do for subscriptions all the same
		}
		return err
	})
	return list, err
}

// trouble adds a refusal to the plan, and returns errors that would meet every seller.
func (p *planner) trouble(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil || !lasting(err) {
		return err
	}
	p.plan.Trouble(what, p.advised(err))
	return nil
}

// advised adds to a refusal what can be done about it.
func (p *planner) advised(err error) error {
	if statusOf(err) == http.StatusConflict {
		return fmt.Errorf("%w: it is there, but not as one of the seller: check the seller's sid, or leave it out", err)
	}
	if statusOf(err) == http.StatusForbidden && p.config.Sellers == "" && p.config.SellerToken == "" {
		return fmt.Errorf("%w: subscriptions of a public app need the tokens of its sellers: set sellers or seller_token", err)
	}
	return err
}

// pick finds the subscription among those that the account can see. One that is active
// counts before others.
func (w *wantedSubscription) pick(list []Subscription) error {
	w.found = Subscription{}
	for _, l := range list {
		if l.EventType != w.kind || l.Code == "" || w.seller.SID != "" && l.SID != w.seller.SID {
			continue
		}
		if w.found.Code != "" && l.SID != w.found.SID {
			return fmt.Errorf("%w: Tiki shows subscriptions of several sellers: set sid, in a file of sellers", errAmbiguous)
		}
		if w.found.Code == "" || l.Active {
			w.found = l
		}
	}
	return nil
}

// look finds the subscription, and refuses one that is another seller's: without a sid, that
// is only seen from Tiki showing both sellers the same one.
func (w *wantedSubscription) look(list []Subscription) error {
	if err := w.pick(list); err != nil || w.found.Code == "" {
		return err
	}
	return w.own(w.found.Code)
}

func (w *wantedSubscription) own(code string) error {
	if owner, taken := w.p.owners[code]; taken && owner != w.seller.Name {
		w.found = Subscription{}
		return fmt.Errorf("%w: Tiki shows subscription %s to seller %q too: set the sid of both, in a file of sellers", errAmbiguous, code, owner)
	}
	w.p.owners[code] = w.seller.Name
	return nil
}

func (w *wantedSubscription) step() setup.Step {
	switch {
	case w.found.Code == "":
		return setup.Step{Action: setup.Create, What: w.String(), Apply: w.make}
	case w.found.Active:
		return setup.Step{Action: setup.Keep, What: w.String(), Detail: w.found.Code}
	}
	return setup.Step{Action: setup.Change, What: w.String(), Detail: "it is there, and not active", Apply: w.make}
}

// make makes the subscription or has it act again, unless that is so by now.
func (w *wantedSubscription) make(ctx context.Context) (outcome string, err error) {
	queue := w.p.queue.found.Code
	if queue == "" {
		return "", errors.New("the queue is not there yet")
	}
	err = w.p.try(ctx, func(ctx context.Context) (err error) {
		outcome, err = w.once(ctx, queue)
		return err
	})
	return outcome, w.p.advised(err)
}

func (w *wantedSubscription) once(ctx context.Context, queue string) (outcome string, err error) {
	list, err := w.control.Subscriptions(ctx, queue)
	if err == nil {
		err = w.look(list)
	}
	switch {
	case err != nil:
		return "", err
	case w.found.Active:
		return "it is there, and active", nil
	case w.found.Code != "":
		return "it acts again after some minutes", w.control.UpdateActive(ctx, queue, w.found.Code, true)
	}
	made, err := w.control.CreateSubscription(ctx, queue, w.kind)
	if err == nil {
		err = w.own(made.Code)
	}
	if err == nil && w.seller.SID != "" && made.SID != w.seller.SID {
		return "", fmt.Errorf("%w: the subscription is made, but Tiki says that the token is of seller %q: set sid to that, or leave it out", errAmbiguous, made.SID)
	}
	return "it acts after some minutes", err
}
