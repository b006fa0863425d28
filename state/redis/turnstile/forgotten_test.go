package turnstile

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

func (g *going) goesWithin(d time.Duration) (pipeline.Turn, bool) {
	select {
	case turn := <-g.turn:
		return turn, true
	case <-time.After(d):
		return pipeline.Turn{}, false
	}
}

func lineOf(r *replica, key string) *line {
	id := pipeline.DigestOf(key)
	s := r.shards[int(id[15])%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line(base64.RawURLEncoding.EncodeToString(id[:]))
}

// A failover loses the last write, so that Redis believes an event to be under way with a
// replica that is through with it.
func TestAKeyGoesOnWhenRedisForgetsThatAnEventIsDone(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	a, b := newReplica(t, url, nil), newReplica(t, url, nil)
	first := enters(t, a, event("k", 1, time.Second))
	first.mustGo(t, "first")
	l := lineOf(a, "k")
	dumps := map[string]string{}
	for _, k := range l.keys()[2:] {
		dumps[k], _ = a.client.Dump(t.Context(), k).Result()
	}
	first.place.Done(t.Context(), pipeline.TurnSettled)
	for k, d := range dumps {
		if d != "" {
			if err := a.client.RestoreReplace(t.Context(), k, time.Hour, d).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	second := enters(t, b, event("k", 2, 2*time.Second))
	if turn, ok := second.goesWithin(25 * time.Second); !ok {
		t.Error("the second does not go although nothing is under way and both replicas live")
	} else {
		t.Logf("%+v", turn)
	}
}

// The answer to an enter was lost and the event went elsewhere.
func TestAnEventIsLeftToOthersByAReplicaThatDoesNotKnowOfIt(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	a, b := newReplica(t, url, nil), newReplica(t, url, nil)
	e := event("k", 1, time.Second)
	id := pipeline.DigestOf(e.Key)
	s := a.shards[int(id[15])%shards]
	p := s.register(base64.RawURLEncoding.EncodeToString(id[:]), pipeline.Entrant{Event: e, Go: func() {}})
	if _, err := p.line.callEnter(t.Context(), p, 0, false); err != nil { // carried out; answer lost
		t.Fatal(err)
	}
	p.forget() // as Enter does on an error
	again := enters(t, b, event("k", 1, time.Second))
	if _, ok := again.goesWithin(25 * time.Second); !ok {
		t.Error("BUSY for ever")
	}
}

// What is dropped tells nobody of the gap before it.
func TestAGapIsStillTheNextOnesAfterALateEventWasDropped(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	first := enters(t, a, event("k", 1, 5*time.Second))
	first.mustGo(t, "first")
	late := enters(t, a, event("k", 2, 1*time.Second))
	second := enters(t, a, event("k", 3, 6*time.Second))
	first.place.Done(t.Context(), pipeline.TurnDead)
	if turn := late.mustGo(t, "late"); turn.Late == 0 || !turn.Gap {
		t.Fatalf("%+v", turn)
	}
	late.place.Done(t.Context(), pipeline.TurnDropped)
	if turn := second.mustGo(t, "second"); !turn.Gap {
		t.Errorf("the gap is lost: %+v", turn)
	}
}

// Its sink may be away for long.
func TestAnEventUnderWayKeepsItsTurnWhenRedisLosesItsMemory(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	a, b := newReplica(t, server.URL(), nil), newReplica(t, server.URL(), nil)
	first := enters(t, a, event("k", 1, time.Second))
	first.mustGo(t, "first")                // its sink fails and is tried again, for long
	other := enters(t, b, event("k", 0, 0)) // b knows the shard
	_ = other
	server.Kill()
	server.Start()
	time.Sleep(4 * time.Second) // ttl 3s: barrier 1.5 s + window 0.3 s are over
	second := enters(t, b, event("k", 2, 2*time.Second))
	if turn, ok := other.goesWithin(5 * time.Second); ok {
		t.Logf("zeroth goes %+v while first is under way", turn)
		other.place.Done(t.Context(), pipeline.TurnSettled)
	}
	if turn, ok := second.goesWithin(5 * time.Second); ok {
		t.Errorf("second goes while the first is under way: %+v", turn)
	}
}

// Events go while all of the line is put in line again.
func TestWhatHasGoneIsNotPutInLineAgain(t *testing.T) {
	t.Parallel()
	long := func(o *Options) { o.Grace = time.Minute }
	a := newReplica(t, testservers.RedisURL(t), long)
	var gs []*going
	for n := range 60 {
		gs = append(gs, enters(t, a, event("k", n, time.Duration(n)*time.Second)))
	}
	l := lineOf(a, "k")
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				l.shard.rebuild(false) // as after a session that lapsed
			}
		}
	}()
	for n, g := range gs {
		turn, ok := g.goesWithin(15 * time.Second)
		if n == 20 {
			close(stop)
		}
		if !ok {
			t.Fatalf("STALL at %d for the grace", n)
		}
		if turn.Gap || turn.Late > 0 {
			t.Errorf("%d: %+v", n, turn)
		}
		g.place.Done(t.Context(), pipeline.TurnSettled)
	}
}

// Nobody has died when an event is handed back.
func TestOnlyWhatADeathLeftIsSkipped(t *testing.T) {
	t.Parallel()
	url := testservers.RedisURL(t)
	skip := func(o *Options) { o.Grace = 0 }
	a, b := newReplica(t, url, skip), newReplica(t, url, skip)
	giveBack, back := make(chan struct{}), make(chan error, 1)
	p, _ := a.Enter(t.Context(), pipeline.Entrant{Event: event("k", 1, 1*time.Second), Go: func() {}})
	go func() { _, err := p.Await(t.Context(), giveBack); back <- err }()
	second := enters(t, b, event("k", 2, 2*time.Second))
	close(giveBack)
	if err := <-back; !errors.Is(err, pipeline.ErrReturned) {
		t.Fatal(err)
	}
	a.end()
	if turn, ok := second.goesWithin(2500 * time.Millisecond); ok {
		t.Errorf("nobody died, and the second goes before the source can have given the first again: %+v", turn)
	}
}

// Also when it was empty in between.
func TestEveryKeyExpires(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	first := enters(t, a, event("k", 1, time.Second))
	first.mustGo(t, "first")
	first.place.Done(t.Context(), pipeline.TurnSettled)
	enters(t, a, event("k", 2, 2*time.Second)).mustGo(t, "second")
	for _, k := range lineOf(a, "k").keys()[2:] {
		if ttl := a.client.PTTL(t.Context(), k).Val(); ttl < 0 {
			t.Errorf("%s has no expiry: %v", k, ttl)
		}
	}
}

// A Redis that evicts takes the keys one by one.
func TestAKeyGoesOnWithoutItsDueTimes(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	first := enters(t, a, event("k", 1, time.Second))
	a.client.Del(t.Context(), lineOf(a, "k").keys()[3])
	if _, ok := first.goesWithin(10 * time.Second); !ok {
		t.Error("D is gone")
	}
}

// An event that nobody knew of is given back, and comes at the same moment.
func TestAnEventThatCameBackMeanwhileIsNotGivenAway(t *testing.T) {
	t.Parallel()
	long := func(o *Options) { o.Grace = time.Minute }
	a := newReplica(t, testservers.RedisURL(t), long)
	first := enters(t, a, event("k", 1, time.Second))
	// it was GO for an event that had been forgotten (enter timed out), the engine called again, and then:
	d := pipeline.DigestOf("k-1")
	lineOf(a, "k").close(string(d[:]), pipeline.TurnBack, time.Minute)
	if _, ok := first.goesWithin(15 * time.Second); !ok {
		t.Error("STALL for the grace")
	}
}
