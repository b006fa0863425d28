// Package statetest is the behaviour that every state store shares, as tests.
package statetest

import (
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// Subject is a kind of store to test.
type Subject struct {
	// Open opens the store that is kept in folder, with nothing in it for a new
	// folder. close ends its run.
	Open func(t testing.TB, folder string, clock pipeline.Clock) (s pipeline.State, close func() error)
	// Pass has the store's server, which has a clock of its own, believe that time has
	// passed. nil: it has none.
	Pass func(t testing.TB, folder string, d time.Duration)
	// LastCounts says that the ttl of an event's last commit counts, also when an
	// earlier one was longer.
	LastCounts bool
	// Persists says that what was committed is there again when the store is
	// opened in the same folder.
	Persists bool

	later bool // it is asked as those ask that do not wait
}

// TTL is the ttl of most tests. Stores may remember an event for longer, by
// Slack at most.
const (
	TTL   = time.Hour
	Slack = TTL/8 + time.Minute
)

// Run tests the store, and where it says later what it was asked, that too.
func Run(t *testing.T, s Subject) {
	s.run(t)
	if _, later := s.start(t).state.Claims("dedupe").(pipeline.CommitsLater); later {
		s.later = true
		t.Run("later", s.run)
	}
}

func (s Subject) run(t *testing.T) {
	t.Run("an unknown event may be claimed", s.unknownIsClaimed)
	t.Run("a settled event is delivered", s.settledIsDelivered)
	t.Run("a dead letter is delivered too", s.deadIsDelivered)
	t.Run("a released event may be claimed", s.releasedIsClaimed)
	t.Run("stages do not see each other's events", s.spacesAreApart)
	t.Run("a settled event is forgotten after its ttl", s.ttlPasses)
	t.Run("settling again extends the ttl", s.ttlIsExtended)
	t.Run("many events are settled at once", s.manyAtOnce)
	t.Run("the last time of a key is known", s.lastTime)
	t.Run("the last time of a key is forgotten after weeks", s.timesPass)
	t.Run("any sequence of calls agrees with a map", s.agreesWithModel)
	if s.Persists {
		t.Run("an earlier run's events are known", s.earlierEvents)
		t.Run("an earlier run's times are known", s.earlierTimes)
		t.Run("a closed store fails", s.closedFails)
		t.Run("nothing is left running", s.leavesNothing)
	}
}

// bench is an open store with what a test needs around it.
type bench struct {
	testing.TB
	Subject
	folder string
	clock  *flowtest.Clock
	state  pipeline.State
	close  func() error
}

func (s Subject) start(t testing.TB) *bench {
	b := &bench{TB: t, Subject: s, folder: t.TempDir(), clock: flowtest.NewClock()}
	b.open()
	t.Cleanup(func() { b.shut() })
	return b
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) {
	if b.Pass != nil {
		b.Pass(b.TB, b.folder, d)
	}
	b.clock.Advance(d)
}

func (b *bench) open() {
	b.Helper()
	if b.state, b.close = b.Open(b.TB, b.folder, b.clock); b.later {
		b.state = laterState{b.state}
	}
}

// shut ends the run, if that has not been done.
func (b *bench) shut() {
	b.Helper()
	if b.close == nil {
		return
	}
	if err := b.close(); err != nil {
		b.Fatal("close:", err)
	}
	b.close = nil
}

func (b *bench) claim(space, id string) pipeline.Verdict {
	b.Helper()
	v, err := b.state.Claims(space).Claim(b.Context(), pipeline.DigestOf(id))
	if err != nil {
		b.Fatal("claim:", err)
	}
	return v
}

func (b *bench) claims(space, id string, want pipeline.Verdict) {
	b.Helper()
	if got := b.claim(space, id); got != want {
		b.Fatalf("claim of %q in %q: got %d, want %d", id, space, got, want)
	}
}

func (b *bench) commit(space, id string, o pipeline.Outcome) {
	b.Helper()
	if err := b.state.Claims(space).Commit(b.Context(), pipeline.DigestOf(id), TTL, o); err != nil {
		b.Fatal("commit:", err)
	}
}

func (b *bench) last(space, key string, want time.Time, wantEarlier bool) {
	b.Helper()
	got, earlier, err := b.state.Times(space).Last(b.Context(), key)
	if err != nil {
		b.Fatal("last:", err)
	}
	if !got.Equal(want) || earlier != wantEarlier {
		b.Fatalf("last of %q in %q: got %v %v, want %v %v", key, space, got, earlier, want, wantEarlier)
	}
}
