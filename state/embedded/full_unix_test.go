//go:build linux || darwin

package embedded

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// TestFileThatCannotGrowFailsCommitsUntilItCan has the operating system refuse
// the writes themselves.
func TestFileThatCannotGrowFailsCommitsUntilItCan(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, pipeline.System)
	grow := limitFiles(t, 8<<20) // the log of files that go test keeps of this process is smaller
	var err error
	var committed []pipeline.Digest
	for deadline := time.Now().Add(time.Minute); err == nil && time.Now().Before(deadline); {
		ids := make([]pipeline.Digest, batchSize)
		var last *batch
		for i := range ids {
			ids[i] = random()
			last, _ = s.queue.add(record{s.Claims("a").(*claims).table, segmentEnd(s.clock.Now(), time.Hour), ids[i], claimValue(s.run, pipeline.OutcomeDelivered)}, nil)
		}
		if err = s.queue.wait(background, last); err == nil {
			committed = append(committed, ids[batchSize-1])
		}
	}
	t.Log(len(committed), "batches, then:", err)
	if err == nil {
		t.Fatal("the file grew beyond the limit")
	}
	grow()
	id := random()
	if err := commit(s, id); err != nil {
		t.Fatal("commit when there is room again:", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, folder, pipeline.System)
	defer s.close()
	for _, id := range append(committed, id) {
		if v, err := s.Claims("a").Claim(background, id); v != pipeline.Earlier {
			t.Fatal("claim:", v, err)
		}
	}
}

// limitFiles lets no file of this process become larger, until grow is called.
func limitFiles(t *testing.T, size uint64) (grow func()) {
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limited := before
	limited.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited); err != nil {
		t.Fatal(err)
	}
	grow = func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(func() { grow(); signal.Reset(os.Signal(syscall.SIGXFSZ)) })
	return grow
}
