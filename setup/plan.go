package setup

import (
	"context"
	"slices"
)

// Action is what a step does.
type Action string

// The actions. Of a step that has been applied, the next plan says [Keep].
const (
	Keep   Action = "keep"    // it is there, as it should be
	Create Action = "create"  // it is missing
	Change Action = "change"  // it is there, and different
	Test   Action = "test"    // tried out, without changing what is set up
	ByHand Action = "by hand" // nobody but a person can do it
	// Trouble is what could not be looked at, while the rest of the plan could.
	Trouble Action = "trouble"
)

// Step is one thing that is needed.
type Step struct {
	Action Action
	// What is needed, such as "subscription ORDER_CHANGE 1.0 of shop-eu".
	What string
	// Detail says more: what is there, why it changes, what is wrong with it.
	Detail string
	// Apply makes it, if the action is Create, Change or Test. It can be interrupted
	// anywhere: made from what is there then, the next plan ends in the same state.
	// outcome says what came of it, and may be empty. Of an error it says which call
	// failed, why, and what to do.
	Apply func(ctx context.Context) (outcome string, err error)
	// Needed says that the steps behind it cannot be applied without it.
	Needed bool
	// Text is what somebody sends or does by hand. It is printed after the steps have
	// been applied, and may name what they have made.
	Text func() string
}

// Plan is what a flow needs, in the order in which it is made.
type Plan struct{ Steps []Step }

// Add adds a step.
func (p *Plan) Add(s Step) { p.Steps = append(p.Steps, s) }

// Keep adds what is there already.
func (p *Plan) Keep(what, detail string) { p.Add(Step{Action: Keep, What: what, Detail: detail}) }

// ByHand adds what a person has to do. text may be longer than a line.
func (p *Plan) ByHand(what string, text func() string) {
	p.Add(Step{Action: ByHand, What: what, Text: text})
}

// Trouble adds what could not be looked at.
func (p *Plan) Trouble(what string, err error) {
	p.Add(Step{Action: Trouble, What: what, Detail: err.Error()})
}

// Count returns how many steps have one of the actions.
func (p *Plan) Count(actions ...Action) int {
	n := 0
	for _, s := range p.Steps {
		if slices.Contains(actions, s.Action) {
			n++
		}
	}
	return n
}

// applies reports whether there is something to do for leat.
func (s Step) applies() bool {
	return s.Action == Create || s.Action == Change || s.Action == Test
}
