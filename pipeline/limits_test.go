package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// house is a limits with those who wait at its door, and what a model of it in
// plain numbers says.
type house struct {
	*limits
	gates, lanes   []*waiter // who waits, first come first
	inside         []*waiter // who has slots
	inFlight, held int
	bytes          int64
}

// waiter is a message (n slots) or a further event of one (a lane, one slot).
type waiter struct {
	lane   bool
	n      int
	held   bool
	over   bool // its wait has ended
	hold   Hold
	bytes  int64
	in     atomic.Bool
	gone   atomic.Bool
	cancel func()
}

func (h *house) arrive(further bool, n int) {
	w := &waiter{lane: further, n: n, hold: Hold{lane: &lane{berth: berth{slot: slotInFlight}, flow: &flow{limits: h.limits}}}}
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	if further {
		h.lanes = append(h.lanes, w)
		h.want()
		go func() { w.in.Store(h.enter(ctx) == nil); w.gone.Store(!w.in.Load()) }()
	} else {
		h.gates = append(h.gates, w)
		go func() { w.in.Store(h.admit(ctx.Done(), n)); w.gone.Store(!w.in.Load()) }()
	}
}

func (h *house) isFull() bool { return h.held >= h.maxHeld || h.bytes >= h.maxBytes }

// settle lets in whom the model lets in.
func (h *house) settle() {
	for len(h.lanes) > 0 && h.inFlight < h.maxInFlight {
		h.inside, h.lanes = append(h.inside, h.lanes[0]), h.lanes[1:]
		h.inFlight++
	}
	for len(h.gates) > 0 && len(h.lanes) == 0 && !h.isFull() && (h.isIdle() || h.work()+h.gates[0].n <= h.maxInFlight) {
		h.inside = append(h.inside, h.gates[0])
		h.inFlight += h.gates[0].n
		h.gates = h.gates[1:]
	}
}

func (h *house) leaves(i int) {
	w := h.inside[i]
	h.inside = slices.Delete(h.inside, i, i+1)
	w.cancel()
	if w.held {
		h.held--
		h.bytes -= w.bytes
		h.limits.leave(&w.hold.lane.berth)
		return
	}
	h.inFlight -= w.n
	h.free(w.n)
}

func (h *house) holds(i int, bytes int64) {
	w := h.inside[i]
	if w.held || w.n != 1 {
		return
	}
	w.held, w.bytes = true, bytes
	h.held++
	h.bytes += bytes
	h.inFlight--
	w.hold.lane.bytes = bytes
	h.hold(&w.hold)
}

func (h *house) ends(i int) {
	h.inside[i].over = true
	h.inside[i].hold.End()
}

// waitsAgain has one that was held wait anew, as in a second stage.
func (h *house) waitsAgain(i int) {
	if w := h.inside[i]; w.held && w.over {
		w.over, w.hold.ended = false, false
		h.hold(&w.hold)
	}
}

// underWayNow is what must be counted as such.
func (h *house) underWayNow() int { return h.work() + len(h.lanes) }

// isIdle: a message of any size may start.
func (h *house) isIdle() bool { return h.inFlight == 0 && h.work() < h.maxInFlight }

// work is what max_in_flight bounds.
func (h *house) work() int {
	n := h.inFlight
	for _, w := range h.inside {
		if w.held && w.over {
			n++
		}
	}
	return n
}

func (h *house) givesUp(list *[]*waiter, who int) {
	if len(*list) > 0 {
		who %= len(*list)
		(*list)[who].cancel()
		*list = slices.Delete(*list, who, who+1)
	}
}

// move is something that happens; who it happens to is an index, as far as it goes.
type move struct{ kind, who, events, bytes int }

var moves = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) move {
	return move{
		kind:   rapid.IntRange(0, 9).Draw(rt, "kind"),
		who:    rapid.IntRange(0, 9).Draw(rt, "who"),
		events: rapid.SampledFrom([]int{1, 1, 2, 3, 9}).Draw(rt, "events"),
		bytes:  rapid.IntRange(0, 60).Draw(rt, "bytes"),
	}
}), 1, 40)

func (h *house) happens(m move) {
	inside := len(h.inside) > 0
	switch {
	case m.kind == 0:
		h.arrive(true, 1)
	case m.kind <= 2:
		h.arrive(false, m.events)
	case m.kind == 3:
		h.givesUp(&h.gates, m.who)
	case m.kind == 4:
		h.givesUp(&h.lanes, m.who)
	case m.kind <= 6 && inside:
		h.leaves(m.who % len(h.inside))
	case inside && m.kind == 7:
		h.ends(m.who % len(h.inside))
	case inside && m.kind == 8:
		h.waitsAgain(m.who % len(h.inside))
	case inside:
		h.holds(m.who%len(h.inside), int64(m.bytes))
	}
}

// wrong compares the house with its model.
func (h *house) wrong() error {
	inFlight, held := h.counts()
	if inFlight != h.inFlight || held != h.held {
		return fmt.Errorf("%d in flight, %d held; want %d and %d", inFlight, held, h.inFlight, h.held)
	}
	if n := int(h.underWay.Load()); n != h.underWayNow() {
		return fmt.Errorf("%d under way, want %d", n, h.underWayNow())
	}
	working := slices.DeleteFunc(slices.Clone(h.inside), func(w *waiter) bool { return w.held })
	if inFlight > h.maxInFlight && (len(working) != 1 || working[0].n <= h.maxInFlight) {
		return fmt.Errorf("%d in flight, at most %d may be, or one larger message alone", inFlight, h.maxInFlight)
	}
	for _, w := range h.inside {
		if !w.in.Load() {
			return fmt.Errorf("one who should be inside still waits: %+v", w)
		}
	}
	for _, w := range slices.Concat(h.gates, h.lanes) {
		if w.in.Load() || w.gone.Load() {
			return fmt.Errorf("one who should wait does not: %+v", w)
		}
	}
	return nil
}

func TestEventsAreLetInByTheLimitsInTheOrderOfTheirArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := &house{limits: &limits{
			maxInFlight: rapid.IntRange(1, 4).Draw(rt, "max_in_flight"),
			maxHeld:     rapid.IntRange(1, 4).Draw(rt, "max_held"),
			maxBytes:    int64(rapid.IntRange(1, 100).Draw(rt, "max_held_bytes")),
			underWay:    new(atomic.Int64),
		}}
		var err error
		script := moves.Draw(rt, "moves")
		synctest.Test(t, func(*testing.T) {
			for _, m := range script {
				h.happens(m)
				synctest.Wait()
				h.settle()
				if err = h.wrong(); err != nil {
					break
				}
			}
			for _, w := range slices.Concat(h.gates, h.lanes, h.inside) {
				w.cancel()
			}
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func TestASmallMessageGoesInWhenTheLargeOneBeforeItGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(flowConfig{MaxInFlight: 2, MaxHeld: 1, MaxHeldBytes: 1})
		l.admit(nil, 1)
		stop := make(chan struct{})
		var large, small atomic.Bool
		go func() { large.Store(l.admit(stop, 2)) }()
		synctest.Wait()
		go func() { small.Store(l.admit(nil, 1)) }()
		synctest.Wait()
		if large.Load() || small.Load() {
			t.Fatal("one overtakes another")
		}
		close(stop)
		synctest.Wait()
		if large.Load() || !small.Load() {
			t.Errorf("the large one is in: %v, the small one: %v", large.Load(), small.Load())
		}
	})
}

// An event that goes on for long, as its sink is away, must not keep out a message that is as
// large as the limit.
func TestALargeMessageStartsBesideAnEventThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(flowConfig{MaxInFlight: 4, MaxHeld: 100, MaxHeldBytes: 1 << 20})
		for range 3 {
			held(l, 1).End()
		}
		if !l.admit(nil, 4) {
			t.Fatal("not let in")
		}
		l.free(4)
		held(l, 1).End()
		var in atomic.Bool
		stop := make(chan struct{})
		go func() { in.Store(l.admit(stop, 1)) }()
		if synctest.Wait(); in.Load() {
			t.Error("let in beside as many as the limit allows")
		}
		close(stop)
		synctest.Wait()
	})
}

// Whoever is let in at the very moment when he gives up must not keep the slot.
func TestNoSlotIsLostToSomebodyWhoGivesUp(t *testing.T) {
	l := newLimits(flowConfig{MaxInFlight: 1, MaxHeld: 1, MaxHeldBytes: 1})
	for range 2000 {
		if !l.admit(nil, 1) {
			t.Fatal("not let in")
		}
		ctx, cancel := context.WithCancel(context.Background())
		results := make(chan bool, 2)
		go func() { results <- l.admit(ctx.Done(), 1) }()
		l.want()
		go func() { results <- l.enter(ctx) == nil }()
		go cancel()
		l.free(1)
		for range 2 {
			if <-results {
				l.free(1)
			}
		}
		if inFlight, held := l.counts(); inFlight != 0 || held != 0 || l.underWay.Load() != 0 || len(l.gates)+len(l.lanes) > 0 {
			t.Fatalf("%d in flight, %d held, %d and %d waiting after all have left", inFlight, held, len(l.gates), len(l.lanes))
		}
		cancel()
	}
}

// held is an event of a flow that waits.
func held(l *limits, bytes int64) *Hold {
	h := &Hold{lane: &lane{berth: berth{bytes: bytes}, flow: &flow{limits: l}}}
	l.hold(h)
	return h
}

func TestRoomIsMadeInAFullFiniteFlowOnceNothingIsUnderWay(t *testing.T) {
	asked, stops := 0, false
	l := newLimits(flowConfig{MaxInFlight: 9, MaxHeld: 2, MaxHeldBytes: 100})
	l.relief = &relief{limits: []*limits{l}, stopping: func() bool { return stops }, holders: []func(int) int{func(n int) int { asked += n; return n }}}
	want := func(n int, when string) {
		t.Helper()
		if l.relieve(); asked != n {
			t.Errorf("%s: %d events were to go early, want %d", when, asked, n)
		}
	}
	first := held(l, 10)
	want(0, "with room to spare")
	l.admit(nil, 1)
	held(l, 90)
	want(0, "with an event in flight")
	l.free(1)
	want(1, "full by bytes and by number")
	first.End()
	want(1, "with an event that has been let go")
	l.leave(&first.lane.berth)
	want(1, "with room again")
	held(l, 200)
	stops = true
	want(1, "when the flow stops")
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{"10/s": {10, time.Second}, "600/m": {600, time.Minute}, "5000/h": {5000, time.Hour}} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s is %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "10", "0/s", "-1/s", "10/d", "10/", "/s", "1.5/s", "10 / s"} {
		if err := new(Rate).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestPacedCallsAreSpacedInTheOrderTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := make(chan time.Duration, 9)
		begun := time.Now()
		paced := withPace(func(context.Context, *Event) error {
			calls <- time.Since(begun)
			return nil
		}, &pacer{clock: System, interval: 100 * time.Millisecond})
		for range 3 {
			go func() { _ = paced(t.Context(), nil) }()
			synctest.Wait()
		}
		time.Sleep(time.Second)
		// Time that nobody used is not made up for.
		for range 2 {
			go func() { _ = paced(t.Context(), nil) }()
		}
		time.Sleep(time.Second)
		synctest.Wait()
		close(calls)
		var at []time.Duration
		for d := range calls {
			at = append(at, d)
		}
		want := []time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond, time.Second, 1100 * time.Millisecond}
		if !slices.Equal(at, want) {
			t.Errorf("called at %v, want %v", at, want)
		}
	})
}

func TestWaitingForOnesTurnEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pacer{clock: System, interval: time.Hour}
		ctx, cancel := context.WithCancel(t.Context())
		stop := make(chan struct{})
		errs := make(chan error, 2)
		_ = p.wait(ctx, nil)
		go func() { errs <- p.wait(ctx, nil) }()
		synctest.Wait()
		cancel()
		if err := <-errs; !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		go func() { errs <- p.wait(t.Context(), stop) }()
		synctest.Wait()
		close(stop)
		if err := <-errs; !errors.Is(err, ErrReturned) {
			t.Errorf("stopped: %v", err)
		}
	})
}

func TestASinkWithSlotsTakesSoManyAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inside, most, done atomic.Int32
		h := withSlots(func(context.Context, *Event) error {
			most.Store(max(most.Load(), inside.Add(1)))
			time.Sleep(time.Second)
			inside.Add(-1)
			done.Add(1)
			return nil
		}, 3)
		ctx, cancel := context.WithCancel(t.Context())
		var canceled atomic.Int32
		for range 8 {
			go func() {
				if err := h(ctx, nil); errors.Is(err, context.Canceled) {
					canceled.Add(1)
				}
			}()
		}
		time.Sleep(1500 * time.Millisecond)
		cancel()
		time.Sleep(time.Minute)
		if most.Load() != 3 || done.Load() != 6 || canceled.Load() != 2 {
			t.Errorf("at most %d at a time, %d done, %d canceled", most.Load(), done.Load(), canceled.Load())
		}
	})
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		if !Sleep(ctx, System, time.Minute, nil) || time.Since(begun) != time.Minute {
			t.Error("did not sleep for a minute")
		}
		time.AfterFunc(time.Second, cancel)
		if Sleep(ctx, System, time.Minute, nil) || time.Since(begun) != time.Minute+time.Second {
			t.Error("slept on after its context had ended")
		}
		if Sleep(ctx, System, 0, nil) {
			t.Error("a sleep of nothing does not see that its context has ended")
		}
	})
}
