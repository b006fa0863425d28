package sim

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// world returns one for a test; tests that have one do not run beside others.
func world(t testing.TB) *World {
	still := NewStillness()
	t.Cleanup(still.Close)
	return NewWorld(noon, still)
}

func TestTimersGoOffOneByOneInTheirOrder(t *testing.T) {
	w := world(t)
	rapid.Check(t, func(rt *rapid.T) {
		w.Clock = NewClock(noon)
		type fired struct {
			n  int
			at time.Duration
		}
		var mu sync.Mutex
		var got, want []fired
		for n, d := range rapid.SliceOfN(rapid.IntRange(0, 20), 0, 30).Draw(rt, "seconds") {
			after := time.Duration(d) * time.Second
			timer := w.Clock.AfterFunc(after, func() {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fired{n, w.Clock.Now().Sub(noon)})
			})
			if rapid.IntRange(0, 4).Draw(rt, "stopped") == 0 {
				if !timer.Stop() || timer.Stop() {
					rt.Fatal("a timer can be stopped once")
				}
				continue
			}
			want = append(want, fired{n, after})
		}
		slices.SortStableFunc(want, func(a, b fired) int { return int(a.at - b.at) })
		w.GoOn(noon.Add(time.Hour))
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(got, want) {
			rt.Fatalf("got %v, want %v", got, want)
		}
		if now := w.Clock.Now(); !now.Equal(noon.Add(time.Hour)) {
			rt.Fatalf("it is %s", now)
		}
	})
}

func TestTimeGoesNoFurtherThanNeeded(t *testing.T) {
	w := world(t)
	var done atomic.Bool
	w.Clock.AfterFunc(time.Minute, func() { done.Store(true) })
	w.Clock.AfterFunc(time.Hour, func() { t.Error("went too far") })
	if !w.Until(noon.Add(24*time.Hour), done.Load) || w.Clock.Now() != noon.Add(time.Minute) {
		t.Errorf("it is %s", w.Clock.Now())
	}
	if w.Until(noon.Add(30*time.Minute), func() bool { return false }) {
		t.Error("it says that it was done")
	}
}

// A goroutine that works, that hands on, and one that wakes another in turn: none of them
// counts as waiting for time.
func TestNothingUnderWayIsLeftBehind(t *testing.T) {
	w := world(t)
	for range 200 {
		relay := make(chan int)
		end := make(chan int, 1)
		const runners = 30
		for range runners {
			go func() {
				n := <-relay
				for range 1000 { // work
					n++
					n--
				}
				if n+1 == runners {
					end <- n + 1
					return
				}
				relay <- n + 1
			}()
		}
		relay <- 0
		w.Settle()
		select {
		case <-end:
		default:
			t.Fatal("quiet before the last runner has arrived")
		}
	}
}

// While something takes real time the clock stands, however long that is.
func TestTimeStandsWhileSomethingTakesRealTime(t *testing.T) {
	w := world(t)
	answer, asked := make(chan struct{}), make(chan struct{})
	var heard atomic.Bool
	w.Clock.AfterFunc(time.Second, func() {
		goOn := w.Clock.Stand()
		close(asked)
		<-answer // of a process that knows nothing of this clock
		heard.Store(true)
		goOn()
		goOn() // harmless
	})
	w.Clock.AfterFunc(2*time.Second, func() {
		if !heard.Load() {
			t.Error("time went on meanwhile")
		}
	})
	go func() {
		<-asked
		for range 50 {
			w.still.settled() // all the others have stopped
		}
		close(answer)
	}()
	w.GoOn(noon.Add(time.Minute))
	if !heard.Load() {
		t.Error("the answer never came")
	}
}
