package tiki

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// shared is a state that replicas share, with leases that a test can take away.
type shared struct {
	*flowtest.State

	mu     sync.Mutex
	holder map[string]*replicaLease
	next   map[string]*replicaLease // who waits
}

func newShared() *shared {
	return &shared{State: flowtest.NewState(), holder: map[string]*replicaLease{}, next: map[string]*replicaLease{}}
}

type replicaLease struct {
	of   *shared
	name string
	lost chan struct{}
}

func (s *shared) Lease(name string) pipeline.Lease {
	return &replicaLease{s, name, make(chan struct{})}
}

func (l *replicaLease) Acquire(ctx context.Context) (bool, error) {
	for {
		l.of.mu.Lock()
		if l.of.holder[l.name] == nil {
			l.of.holder[l.name] = l
		}
		ours := l.of.holder[l.name] == l
		if ours {
			l.of.waitsNoMore(l)
		} else {
			l.of.next[l.name] = l
		}
		l.of.mu.Unlock()
		if ours {
			return true, nil
		}
		if !pipeline.Sleep(ctx, pipeline.System, time.Second, nil) {
			return false, ctx.Err()
		}
	}
}

func (l *replicaLease) Held() bool {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	return l.of.holder[l.name] == l
}

func (l *replicaLease) Lost() <-chan struct{} { return l.lost }

func (l *replicaLease) Release() error {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	if l.of.holder[l.name] == l {
		l.of.holder[l.name] = nil
	}
	l.of.waitsNoMore(l)
	return nil
}

// waitsNoMore keeps a lease from being given to who has it, or has gone. It needs the lock.
func (s *shared) waitsNoMore(l *replicaLease) {
	if s.next[l.name] == l {
		delete(s.next, l.name)
	}
}

// revoke takes a lease from whoever has it, as if it had given no sign of life, and gives it
// to who waits.
func (s *shared) revoke(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.holder[name]; l != nil {
		s.holder[name] = s.next[name]
		delete(s.next, name)
		close(l.lost)
	}
}

const leaseName = "/tiki/q"

func TestTK3OneOfTwoReplicasPulls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 250)
		state := newShared()
		first := start(t, s, flowtest.Options{State: state})
		settle(time.Second)
		second := start(t, s, flowtest.Options{State: state})
		settle(10 * time.Minute)
		if n := len(second.Recorder.Got("out")); n > 0 {
			t.Errorf("the standby has %d events", n)
		}
		if got := delivered(first); !slices.Equal(got, ids(0, 250)) || removed(s) != 250 {
			t.Errorf("the first has %d events, %d are removed", len(got), removed(s))
		}
		stop(t, first)
		push(t, s, 250, 260)
		settle(2 * time.Second)
		if got := delivered(second); !slices.Equal(got, ids(250, 260)) {
			t.Errorf("the standby takes over %v", got)
		}
		stop(t, second)
	})
}

func TestTK3WhoLosesTheLeaseStopsPullingAndAcknowledgesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &pulls{}
		s := newServer(t, tikitest.Options{Intercept: p.intercept})
		push(t, s, 0, 10)
		state := newShared()
		let := make(chan struct{})
		j := &journal{}
		first := start(t, s, flowtest.Options{State: state, Log: j.logger(), Fail: func(string, *pipeline.Event, int) error {
			<-let
			return nil
		}})
		settle(time.Second)
		away := &sync.Map{}
		second := start(t, s, flowtest.Options{State: state, Fail: func(_ string, e *pipeline.Event, _ int) error {
			if _, ok := away.Load("up"); !ok {
				return errors.New("the sink is away")
			}
			return nil
		}})
		settle(time.Second)
		state.revoke(leaseName)
		settle(time.Minute)
		if got := p.all(); len(got) != 2 || got[1] != `{"ack_id":null}` {
			t.Fatalf("pulls %v", got)
		}
		close(let) // all events of the first are settled now, and the batch is not its own any more
		settle(10 * time.Minute)
		if got := p.all(); len(got) != 2 || removed(s) != 0 {
			t.Errorf("pulls %v, %d removed", got, removed(s))
		}
		stop(t, first)
		if s.Calls()[tikitest.Ack] != 0 || removed(s) != 0 || !strings.Contains(j.String(), "the lease of the queue is lost") {
			t.Errorf("%d acks: %s", s.Calls()[tikitest.Ack], j)
		}
		away.Store("up", true)
		settle(2 * time.Minute)
		if removed(s) != 10 {
			t.Errorf("%d removed by the second", removed(s))
		}
		stop(t, second)
	})
}

func TestWhoGetsTheLeaseBackDeliversNothingTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{Grow: true})
		push(t, s, 0, 10)
		state := newShared()
		let := make(chan struct{})
		rig := start(t, s, flowtest.Options{State: state, Fail: func(_ string, e *pipeline.Event, _ int) error {
			if e.ID == "e4" {
				<-let
			}
			return nil
		}})
		settle(time.Second)
		state.revoke(leaseName)
		push(t, s, 10, 20)
		settle(time.Minute)
		if n := s.Calls()[tikitest.Pull]; n != 2 {
			t.Errorf("%d pulls", n)
		}
		close(let)
		settle(2 * time.Minute)
		got := delivered(rig)
		if slices.Sort(got); len(got) != 20 || len(slices.Compact(got)) != 20 || removed(s) != 20 {
			t.Errorf("delivered %v, %d removed", got, removed(s))
		}
		stop(t, rig)
	})
}

func TestTwoSourcesOfOneQueueTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := &pulls{}
		s := newServer(t, tikitest.Options{Intercept: p.intercept})
		push(t, s, 0, 250)
		j := &journal{}
		text := strings.Replace(flow(s, ""), "from: "+from(s, ""), "from: ["+from(s, "")+", "+from(s, "")+"]", 1)
		rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours(s), Log: j.logger()})
		settle(10*time.Minute + time.Second)
		if got := delivered(rig); !slices.Equal(got, ids(0, 250)) || removed(s) != 250 {
			t.Errorf("%d events, %d are removed", len(got), removed(s))
		}
		if n := len(p.all()); n != 3+11 || !strings.Contains(j.String(), "standing by") {
			t.Errorf("%d pulls: %s", n, j)
		}
		stop(t, rig)
	})
}
