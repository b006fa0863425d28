package tiki

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
)

// wantedQueue is the queue that the flow is to read.
type wantedQueue struct {
	p       *planner
	control *Control // of whom the queue belongs to
	asked   string   // the code in the flow
	name    string   // as Tiki has it; "" if none is to be made
	found   Queue    // without a code until it is there
	others  int      // how many the owner has beside it
}

// addTo plans what the queue needs. That the owner's token is taken is known once the queues
// have been listed.
func (q *wantedQueue) addTo(ctx context.Context, p *setup.Plan) error {
	if err := q.p.try(ctx, q.look); err != nil {
		return err
	}
	p.Keep("token of the queue's owner", "Tiki takes it")
	switch {
	case q.found.Code != "":
		p.Keep(q.String(), "its code is "+q.found.Code)
	case q.name == "":
		return pipeline.FieldError("queue_name", "%s: set the flow's queue to the code of one, or queue_name to have one made", q.missing())
	default:
		p.Add(setup.Step{Action: setup.Create, What: q.String(), Apply: q.make, Needed: true})
	}
	if s := q.found.Status; s != "" && !isActive(s) {
		p.Trouble("status of "+q.String(), fmt.Errorf("it is %s, not ACTIVE, so that no events come: ask Tiki to turn the queue on", s))
	}
	return nil
}

func isActive(status string) bool { return strings.EqualFold(status, "ACTIVE") }

// missing says that there is no queue of the flow's code.
func (q *wantedQueue) missing() string {
	return fmt.Sprintf("the account has %d queues, and none has the code %q", q.others, q.asked)
}

func (q *wantedQueue) String() string {
	if name := q.found.Name; name != "" {
		return "queue " + name
	}
	return "queue " + q.name
}

// look asks for the queues that there are. The code in the flow counts before the name.
func (q *wantedQueue) look(ctx context.Context) error {
	list, err := q.control.Queues(ctx)
	if err != nil {
		return err
	}
	q.others = len(list)
	if i := slices.IndexFunc(list, func(l Queue) bool { return l.Code != "" && l.Code == q.asked }); i >= 0 {
		q.found = list[i]
		return nil
	}
	named := slices.DeleteFunc(list, func(l Queue) bool { return q.name == "" || l.Name != q.name || l.Code == "" })
	switch len(named) {
	case 0:
		q.found = Queue{}
	case 1:
		q.found = named[0]
	default:
		return fmt.Errorf("%w: %d queues are named %q: set the flow's queue to the code of one of them", errAmbiguous, len(named), q.name)
	}
	return nil
}

// make makes the queue, unless it is there by now: Tiki would make a second one of its name.
func (q *wantedQueue) make(ctx context.Context) (outcome string, err error) {
	err = q.p.try(ctx, func(ctx context.Context) error {
		outcome = "it was there already, its code is "
		if err := q.look(ctx); err != nil || q.found.Code != "" {
			return err
		}
		made, err := q.control.CreateQueue(ctx, q.name)
		if err != nil {
			return q.refused(err)
		}
		outcome, q.found = "its code is ", made
		return nil
	})
	if err != nil {
		return "", err
	}
	if s := q.found.Status; s != "" && !isActive(s) {
		return outcome + q.found.Code + ", and its status " + s + ": no events come until that is ACTIVE", nil
	}
	return outcome + q.found.Code, nil
}

// refused adds to a refusal what the reason may be.
func (q *wantedQueue) refused(err error) error {
	if !lasting(err) || q.others == 0 {
		return err
	}
	return fmt.Errorf("%w (Tiki limits how many queues an account has, and this one has %d: set the flow's queue to the code of one of them, or have one deleted)", err, q.others)
}

// toldTo has somebody put the code into the flow, if it is another one.
func (q *wantedQueue) toldTo(p *setup.Plan) {
	if q.found.Code == q.asked {
		return
	}
	p.ByHand("put the code of the queue into the flow", func() string {
		if q.found.Code == "" {
			return "The code is known once the queue is made: it is printed here then."
		}
		return "The flow's queue is " + q.asked + ", which is no code of a queue. Change it to:\n\n" +
			"from: {tiki: {queue: " + q.found.Code + "}}"
	})
}
