package embedded

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// TestExpiredSegmentsAreDeleted lets events expire while nothing else happens,
// and looks at the file.
func TestExpiredSegmentsAreDeleted(t *testing.T) {
	clock := flowtest.NewClock()
	s := storeIn(t.TempDir(), clock)
	left := make(chan int)
	s.writer.update = func(db *bbolt.DB, f func(*bbolt.Tx) error) error {
		err := db.Update(f)
		left <- s.entries(t, "claims/a")
		return err
	}
	if err := s.open(background); err != nil {
		t.Fatal(err)
	}
	addTo(s, "a", 3*batchSize)
	for <-left < 3*batchSize {
	}
	clock.Advance(2 * time.Hour)
	if n := <-left; n != 0 {
		t.Error(n, "left")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestExpiredWhileClosedAreDeletedOnceOpen(t *testing.T) {
	clock, folder := flowtest.NewClock(), t.TempDir()
	s := openIn(t, folder, clock)
	addTo(s, "unused later", 100)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	s = openIn(t, folder, clock)
	if err := commit(s, random()); err != nil {
		t.Fatal(err)
	}
	if n := s.entries(t, "claims/unused later"); n != 0 {
		t.Error(n, "left")
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestFileThatIsMostlyFreeIsMadeSmaller(t *testing.T) {
	defer func(n int64) { compactFrom = n }(compactFrom)
	compactFrom = 1 << 20
	clock, folder := flowtest.NewClock(), t.TempDir()
	s := openIn(t, folder, clock)
	addTo(s, "a", 40_000)
	clock.Advance(30 * time.Minute)
	id := random()
	if err := commit(s, id); err != nil {
		t.Fatal(err)
	}
	clock.Advance(40 * time.Minute)
	for s.entries(t, "claims/a") > 2 { // each commit deletes some
		if err := commit(s, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(s.path)
	s = openIn(t, folder, clock)
	defer s.close()
	after, err := os.Stat(s.path)
	if err != nil || after.Size() > before.Size()/4 || after.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, %d before, %v", after.Size(), before.Size(), err)
	}
	if v, _ := s.Claims("a").Claim(background, id); v != pipeline.Earlier {
		t.Error("claim:", v)
	}
	if err := commit(s, random()); err != nil {
		t.Error(err)
	}
	if _, err := openFile(s.path, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("the smaller file is not locked")
	}
}

// addTo has n events written that expire in an hour.
func addTo(s *store, space string, n int) {
	t := s.Claims(space).(*claims).table
	for range n {
		_, _ = s.queue.add(record{t, segmentEnd(s.clock.Now(), time.Hour), random(), claimValue(s.run, pipeline.OutcomeDelivered)}, nil)
	}
}

// entries counts what is in the file for a space.
func (s *store) entries(t *testing.T, bucket string) (n int) {
	err := s.db.Load().View(func(tx *bbolt.Tx) error {
		top := tx.Bucket([]byte(bucket))
		if top == nil {
			return nil
		}
		return top.ForEachBucket(func(end []byte) error {
			eachSheetOf(top.Bucket(end), keySize+claimSize, func(s sheet) bool { n += s.len(); return true })
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
