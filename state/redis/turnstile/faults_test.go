package turnstile

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// going is an event on its way through a replica.
type going struct {
	place pipeline.Place
	turn  chan pipeline.Turn
	stop  context.CancelFunc
}

// enters puts an event in line and waits for its turn elsewhere.
func enters(t *testing.T, r *replica, e *pipeline.Event) *going {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := r.Enter(ctx, pipeline.Entrant{Event: e, Go: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	g := &going{p, make(chan pipeline.Turn, 1), cancel}
	go func() {
		if turn, err := p.Await(ctx, nil); err == nil {
			g.turn <- turn
		}
	}()
	t.Cleanup(cancel)
	return g
}

const soon = 30 * time.Second

// mustGo waits for an event's turn.
func (g *going) mustGo(t *testing.T, name string) pipeline.Turn {
	t.Helper()
	select {
	case turn := <-g.turn:
		return turn
	case <-time.After(soon):
		t.Fatalf("%s does not go", name)
		return pipeline.Turn{}
	}
}

func (g *going) mustWait(t *testing.T, name string, d time.Duration) {
	t.Helper()
	select {
	case turn := <-g.turn:
		t.Fatalf("%s goes: %+v", name, turn)
	case <-time.After(d):
	}
}

// The next events of a key wait for one whose process died until it was received again.
func TestAnEventOfADeadProcessIsWaitedFor(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	a, b := newReplica(t, url, nil), newReplica(t, url, nil)
	first := enters(t, a, event("k", 1, 1*time.Second))
	second := enters(t, b, event("k", 2, 2*time.Second))
	first.mustGo(t, "the first")
	a.die()
	second.mustWait(t, "the second", 1500*time.Millisecond)
	again := enters(t, b, event("k", 1, 1*time.Second))
	if turn := again.mustGo(t, "the first, again"); turn.Late > 0 || turn.Gap {
		t.Errorf("the first has %+v", turn)
	}
	second.mustWait(t, "the second", 100*time.Millisecond)
	again.place.Done(t.Context(), pipeline.TurnSettled)
	if turn := second.mustGo(t, "the second"); turn.Late > 0 || turn.Gap {
		t.Errorf("the second has %+v", turn)
	}
}

func TestAnEventThatIsNotReceivedAgainIsWaitedForNoLongerThanTheGrace(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	for name, grace := range map[string]time.Duration{"wait": time.Second, "skip": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			short := func(o *Options) { o.Grace = grace }
			a, b := newReplica(t, url, short), newReplica(t, url, short)
			enters(t, a, event("k", 1, 1*time.Second)).mustGo(t, "the first")
			second := enters(t, b, event("k", 2, 2*time.Second))
			a.die()
			if turn := second.mustGo(t, "the second"); !turn.Gap {
				t.Errorf("the second has %+v, want a gap", turn)
			}
			second.place.Done(t.Context(), pipeline.TurnSettled)
			late := enters(t, b, event("k", 1, 1*time.Second))
			if turn := late.mustGo(t, "the first, again"); turn.Late != time.Second {
				t.Errorf("the first has %+v, want late by 1s", turn)
			}
		})
	}
}

// What a replica hands back when it stops comes to others at once, in its place.
func TestWhatIsHandedBackKeepsItsPlace(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	a, b := newReplica(t, url, nil), newReplica(t, url, nil)
	giveBack, back := make(chan struct{}), make(chan error, 1)
	p, err := a.Enter(t.Context(), pipeline.Entrant{Event: event("k", 1, 1*time.Second), Go: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, err := p.Await(t.Context(), giveBack); back <- err }()
	second := enters(t, b, event("k", 2, 2*time.Second))
	close(giveBack)
	if err := <-back; !errors.Is(err, pipeline.ErrReturned) {
		t.Fatal(err)
	}
	a.end()
	second.mustWait(t, "the second", 600*time.Millisecond)
	first := enters(t, b, event("k", 1, 1*time.Second))
	mustBePlain(t, first.mustGo(t, "the first"))
	first.place.Done(t.Context(), pipeline.TurnSettled)
	mustBePlain(t, second.mustGo(t, "the second"))
}

func mustBePlain(t *testing.T, turn pipeline.Turn) {
	t.Helper()
	if turn.Late > 0 || turn.Gap || turn.Unordered {
		t.Errorf("it has marks, and nothing went wrong: %+v", turn)
	}
}

// An event that fails goes back to its source, and is waited for; one that became a dead
// letter leaves a gap.
func TestAFailedEventIsWaitedForAndADeadOneIsNot(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	first := enters(t, a, event("k", 1, 1*time.Second))
	second := enters(t, a, event("k", 2, 2*time.Second))
	first.mustGo(t, "the first")
	first.place.Done(t.Context(), pipeline.TurnBack)
	second.mustWait(t, "the second", 600*time.Millisecond)
	first = enters(t, a, event("k", 1, 1*time.Second))
	first.mustGo(t, "the first, again")
	first.place.Done(t.Context(), pipeline.TurnDead)
	if turn := second.mustGo(t, "the second"); !turn.Gap || turn.Late > 0 {
		t.Errorf("the second has %+v, want a gap", turn)
	}
}

// Redis begins anew while events wait: all of them go, in order, and marked; and what
// had gone before is not forgotten.
func TestNothingIsLostWhenRedisLosesItsMemory(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	window := func(o *Options) { o.Window = time.Second }
	a, b := newReplica(t, server.URL(), window), newReplica(t, server.URL(), window)
	old := enters(t, a, event("k", 9, 9*time.Second))
	old.mustGo(t, "the first of all")
	old.place.Done(t.Context(), pipeline.TurnSettled)
	var l log
	var all sync.WaitGroup
	for n := range 40 {
		r := []*replica{a, b}[n%2]
		all.Go(func() {
			if err := l.through(t.Context(), r, event(fmt.Sprint("k", n%4), n, time.Duration(n)*time.Second), nil); err != nil {
				t.Error(err)
			}
		})
	}
	awaitInLine(t, a, 40)
	server.Kill()
	server.Start()
	all.Wait()
	l.check(t, 40)
	last := map[string]time.Time{}
	for _, w := range l.went {
		if w.at.Before(last[w.key]) {
			t.Errorf("%s went out of order", w.id)
		}
		last[w.key] = w.at
		if !w.turn.Unordered {
			t.Errorf("%s is not marked: %+v", w.id, w.turn)
		}
	}
	if turn := enters(t, b, event("k", 5, 5*time.Second)).mustGo(t, "a late one"); turn.Late != 4*time.Second {
		t.Errorf("an event that is late against what went before has %+v", turn)
	}
}

// awaitInLine waits until n events stand in line in Redis.
func awaitInLine(t *testing.T, r *replica, n int) {
	t.Helper()
	const count = `
local n = 0
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do n = n + redis.call('ZCARD', key) end
return n`
	for deadline := time.Now().Add(soon); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if got, err := r.client.Eval(t.Context(), count, nil, r.o.Prefix+":*:q").Int(); err == nil && got == n {
			return
		}
	}
	t.Fatalf("there are no %d events in line", n)
}

// A process that was paused for so long that others took it for dead gets in line anew
// before it delivers anything.
func TestAProcessThatWasTakenForDeadDeliversNothingOfItsOldTurn(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	short := func(o *Options) { o.Grace = 500 * time.Millisecond }
	a, b := newReplica(t, url, short), newReplica(t, url, short)
	p, err := a.Enter(t.Context(), pipeline.Entrant{Event: event("k", 1, 1*time.Second), Go: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	second := enters(t, b, event("k", 2, 2*time.Second))
	a.mu.Lock()
	a.timer.Stop() // it is paused with the turn in its hand
	a.mu.Unlock()
	second.mustGo(t, "the second")
	second.place.Done(t.Context(), pipeline.TurnSettled)
	turn, err := p.Await(t.Context(), nil)
	if err != nil || turn.Late != time.Second {
		t.Errorf("the first went with %+v, %v; want late by 1s", turn, err)
	}
}
