package reorder

import (
	"context"
	"errors"

	"github.com/leat-io/leat/pipeline"
)

// errLeadership is why a flow stops whose process was taken for dead.
var errLeadership = errors.New("another replica leads now, as this one had given no sign of life: it stops, and may be started again as a standby")

// lead waits until this replica is the one that orders. Whoever led before may have died
// with events in its hands: nothing is released then before its source can have given
// them to us.
func (s *stage) lead(ctx context.Context, env *pipeline.Env) error {
	l, _ := env.Lease()
	env.Log.Info("waiting to lead", "stage", env.Name)
	clean, err := l.Acquire(ctx)
	if err != nil {
		return err
	}
	env.Log.Info("leading", "stage", env.Name, "predecessor_ended_well", clean)
	s.lease = l
	if grace := s.grace(env); !clean && grace > 0 && !s.finite {
		s.notBefore = env.Clock.Now().Add(grace)
	}
	go func() {
		select {
		case <-l.Lost():
			env.Fail(errLeadership)
		case <-s.left:
		}
	}()
	return nil
}

// leads reports whether an event may be delivered from here.
func (s *stage) leads() bool { return s.lease == nil || s.lease.Held() }
