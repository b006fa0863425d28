package embedded

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

var background = context.Background()

var errFull = errors.New("no space left on device")

// failing has the store's transactions fail at the very end while full is true.
func failing(s *store) (full *atomic.Bool) {
	full = &atomic.Bool{}
	s.writer.update = func(db *bbolt.DB, f func(*bbolt.Tx) error) error {
		return db.Update(func(tx *bbolt.Tx) error {
			err := f(tx)
			if full.Load() {
				err = errFull
			}
			return err
		})
	}
	return full
}

func TestFullDiskFailsCommitsUntilThereIsRoom(t *testing.T) {
	clock, folder := flowtest.NewClock(), t.TempDir()
	s := storeIn(folder, clock)
	full := failing(s)
	if err := s.open(background); err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	s.Times("a").Save("k", clock.Now())
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if err := commit(s, random()); !errors.Is(err, errFull) {
				t.Error("commit on a full disk:", err)
			}
		})
	}
	all.Wait()
	id := random()
	if err := commit(s, id); !errors.Is(err, errFull) {
		t.Error("commit on a full disk:", err)
	}
	if v, _ := s.Claims("a").Claim(background, id); v != pipeline.Claimed {
		t.Error("claim of an event that could not be committed:", v)
	}
	full.Store(false)
	if err := commit(s, id); err != nil {
		t.Error("commit when there is room again:", err)
	}
	if v, _ := s.Claims("a").Claim(background, id); v != pipeline.Delivered {
		t.Error("claim:", v)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, folder, clock)
	defer s.close()
	if at, earlier, err := s.Times("a").Last(background, "k"); !at.Equal(clock.Now()) || !earlier || err != nil {
		t.Error("a time whose first write failed:", at, earlier, err)
	}
}

// stuck has the store's transactions wait: it returns a channel that tells of
// each one that begins and one that lets it go on.
func stuck(s *store) (begun, goOn chan struct{}) {
	begun, goOn = make(chan struct{}), make(chan struct{})
	s.writer.update = func(db *bbolt.DB, f func(*bbolt.Tx) error) error {
		begun <- struct{}{}
		<-goOn
		return db.Update(f)
	}
	return begun, goOn
}

func TestCommitDoesNotGiveUpOnceTheWriteHasBegun(t *testing.T) {
	s := storeIn(t.TempDir(), pipeline.System)
	begun, goOn := stuck(s)
	if err := s.open(background); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(background)
	claims, first, second := s.Claims("a"), random(), random()
	results := make(chan error)
	go func() { results <- claims.Commit(ctx, first, time.Hour, pipeline.OutcomeDelivered) }()
	<-begun
	cancel()
	// The second waits behind the first, and may give up.
	if err := claims.Commit(ctx, second, time.Hour, pipeline.OutcomeDelivered); !errors.Is(err, context.Canceled) {
		t.Error("commit that had to wait:", err)
	}
	goOn <- struct{}{}
	if err := <-results; err != nil {
		t.Error("commit under way:", err)
	}
	<-begun
	goOn <- struct{}{}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestCommitsThatWaitAreWrittenAtClose(t *testing.T) {
	s := storeIn(t.TempDir(), pipeline.System)
	begun, goOn := stuck(s)
	if err := s.open(background); err != nil {
		t.Fatal(err)
	}
	const n = 10
	results := make(chan error)
	for range n {
		go func() { results <- commit(s, random()) }()
	}
	<-begun
	closed := make(chan error)
	go func() { closed <- s.close() }()
	settled := 0
	for settled < n {
		select {
		case goOn <- struct{}{}:
		case <-begun:
		case err := <-results:
			if err != nil && !errors.Is(err, errClosed) {
				t.Error(err)
			}
			settled++
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestTimeIsWrittenWithinASecondWithoutACommit(t *testing.T) {
	clock := flowtest.NewClock()
	s := storeIn(t.TempDir(), clock)
	begun, goOn := stuck(s)
	if err := s.open(background); err != nil {
		t.Fatal(err)
	}
	s.Times("a").Save("k", clock.Now())
	clock.Advance(saveWithin)
	<-begun
	if at, _, _ := s.Times("a").Last(background, "k"); !at.Equal(clock.Now().Add(-saveWithin)) {
		t.Error("while it is written:", at)
	}
	goOn <- struct{}{}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}
