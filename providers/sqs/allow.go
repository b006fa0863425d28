package sqs

import (
	"context"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/queuepolicy"
	"github.com/leat-io/leat/setup"
)

// Allow adds to a plan that the queue's policy lets somebody use the queue. settings
// are those of the queue, nil if it is yet to be made; statements are what the policy
// must grant for a queue of that ARN. Those of others stay as they are.
//
// The error says why the policy cannot be read.
func (m *Managed) Allow(p *setup.Plan, settings map[string]string, whom string, statements func(arn string) []queuepolicy.Statement) error {
	what, wanted := "policy of queue "+m.ref.name, statements(settings["QueueArn"])
	_, added, err := queuepolicy.Merge(settings["Policy"], wanted...)
	denied := denials(settings["Policy"], wanted)
	switch {
	case err != nil:
		return m.unreadable(err)
	case len(added) == 0:
		p.Keep(what, "it lets "+whom+" send"+denied)
		return nil
	}
	step := setup.Step{Action: setup.Create, What: what, Detail: "to let " + whom + " send", Needed: true}
	if settings["Policy"] != "" {
		step.Action, step.Detail = setup.Change, step.Detail+"; what is in it stays"+denied
	}
	step.Apply = func(ctx context.Context) (string, error) {
		defer m.Close()
		return "", m.allow(ctx, statements)
	}
	p.Add(step)
	return nil
}

// denials says that statements of somebody else may forbid what is wanted; "" if none do.
func denials(policy string, wanted []queuepolicy.Statement) string {
	denying, _ := queuepolicy.Denied(policy, wanted...) // what cannot be read, Merge has said
	if len(denying) == 0 {
		return ""
	}
	return "; but a Deny in it may forbid that (" + strings.Join(denying, ", ") + "), which counts more and stays, as it is not leat's: change it if no events come"
}

// allow reads the policy again, for there may be more in it by now than the plan knew:
// what is set replaces all of it.
func (m *Managed) allow(ctx context.Context, statements func(arn string) []queuepolicy.Statement) error {
	settings, found, err := m.Attributes(ctx)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("queue %q: there is no such queue any more", m.name)
	}
	merged, added, err := queuepolicy.Merge(settings["Policy"], statements(settings["QueueArn"])...)
	if err != nil {
		return m.unreadable(err)
	}
	if len(added) == 0 {
		return nil
	}
	return m.Set(ctx, "Policy", merged)
}

func (m *Managed) unreadable(err error) error {
	return fmt.Errorf("queue %q: %w: it is left alone; mend it, or remove it", m.name, err)
}
