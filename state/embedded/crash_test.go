package embedded

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// crashFolder names the folder of a child that commits until it is killed.
const crashFolder = "LEAT_TEST_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		commitForever(folder)
	}
	os.Exit(m.Run())
}

// TestKilledProcessForgetsNothing kills a process in the middle of its commits,
// again and again on one file. What it had committed is known to the next one,
// which opens the file at once.
func TestKilledProcessForgetsNothing(t *testing.T) {
	folder := t.TempDir()
	var ids []pipeline.Digest
	for range 5 {
		ids = append(ids, killedCommits(t, folder)...)
		s := openIn(t, folder, pipeline.System)
		for _, id := range ids {
			if v, err := s.Claims("a").Claim(t.Context(), id); v != pipeline.Earlier {
				t.Fatalf("a committed event is not known: %d, %v", v, err)
			}
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(len(ids), "commits over five kills")
}

// killedCommits returns what a child said it had committed before it was killed.
func killedCommits(t *testing.T, folder string) (ids []pipeline.Digest) {
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFolder+"="+folder)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines, enough := bufio.NewScanner(out), 500+rand.IntN(2000)
	for lines.Scan() {
		// A line that the kill cut short is not one the child could act on.
		if id, err := hex.DecodeString(lines.Text()); err == nil && len(id) == 16 {
			ids = append(ids, pipeline.Digest(id))
		}
		if len(ids) == enough {
			_ = child.Process.Kill()
		}
	}
	if _ = child.Wait(); len(ids) < enough {
		t.Fatalf("the child ended by itself: %v", child.ProcessState)
	}
	return ids
}

// commitForever prints each event's digest once it is committed.
func commitForever(folder string) {
	s := storeIn(folder, pipeline.System)
	if err := s.open(background); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for range 64 {
		go func() {
			for {
				id := random()
				if commit(s, id) == nil {
					_, _ = fmt.Printf("%x\n", id[:])
				}
			}
		}()
	}
	select {}
}

func commit(s *store, id pipeline.Digest) error {
	return s.Claims("a").Commit(background, id, time.Hour, pipeline.OutcomeDelivered)
}
