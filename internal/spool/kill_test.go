package spool

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// spoolFolder names the folder of a child that appends and settles until it is
// killed.
const spoolFolder = "LEAT_TEST_SPOOL_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(spoolFolder); folder != "" {
		appendAndSettleForever(folder, os.Getenv(spoolFolder+"_RUN"))
	}
	os.Exit(m.Run())
}

// TestKilledProcessLosesNothing kills a process in the middle of appends and
// settlements, again and again on one spool. What it had said to be durable is
// there for the next one, and what it had said to be settled is not.
func TestKilledProcessLosesNothing(t *testing.T) {
	folder := t.TempDir()
	appended, settled := map[string]bool{}, map[string]bool{}
	for run := range 8 {
		killed(t, folder, run, appended, settled)
		mustHoldAfterKill(t, folder, appended, settled)
	}
	waiting := 0
	for text := range appended {
		if !settled[text] {
			waiting++
		}
	}
	t.Log(len(appended), "records, of which", waiting, "wait")
	if len(settled) == 0 || waiting == 0 {
		t.Error("the test does not test what it should")
	}
}

func mustHoldAfterKill(t *testing.T, folder string, appended, settled map[string]bool) {
	t.Helper()
	s := openIn(t, folder, Options{SegmentBytes: 64 << 10})
	defer closed(t, s)
	there, last := map[string]bool{}, uint64(0)
	for _, r := range rest(t, s) {
		text := string(r.Data)
		if settled[text] || there[text] || r.Number <= last {
			t.Fatalf("%s comes again, or out of order", text)
		}
		there[text], last = true, r.Number
	}
	for text := range appended {
		if !there[text] && !settled[text] {
			if !settling[text] {
				t.Fatalf("%s is lost", text)
			}
			settled[text] = true // the kill came before the child could say so
		}
	}
	if st := s.Stats(); st.Lost != 0 {
		t.Fatalf("%+v", st)
	}
}

// settling are the records that a child was about to settle.
var settling = map[string]bool{}

// killed notes what a child said before it was killed.
func killed(t *testing.T, folder string, run int, appended, settled map[string]bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), spoolFolder+"="+folder, fmt.Sprintf("%s_RUN=%d", spoolFolder, run))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines, enough, n := bufio.NewScanner(out), 1000+rand.IntN(4000), 0
	for lines.Scan() {
		// A line that the kill cut short has no end mark.
		word, text, _ := strings.Cut(strings.TrimSuffix(lines.Text(), "."), " ")
		if !strings.HasSuffix(lines.Text(), ".") {
			continue
		}
		switch word {
		case "appended":
			appended[text] = true
		case "settling":
			settling[text] = true
		case "settled":
			settled[text] = true
		}
		if n++; n == enough {
			_ = child.Process.Kill()
		}
	}
	if _ = child.Wait(); n < enough {
		t.Fatalf("the child ended by itself: %v", child.ProcessState)
	}
}

func appendAndSettleForever(folder, run string) {
	s, err := Open(folder, Options{SegmentBytes: 64 << 10})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := range 16 {
		go func() {
			for j := 0; ; j++ {
				text := fmt.Sprintf("%s-%d-%d%s", run, i, j, strings.Repeat("x", rand.IntN(300)))
				if s.Append(background, []byte(text)) == nil {
					_, _ = fmt.Printf("appended %s.\n", text)
				}
			}
		}()
	}
	for range 4 {
		go settleSome(s)
	}
	select {}
}

// reading lets one goroutine at a time call Next.
var reading = make(chan struct{}, 1)

// settleSome settles most records and holds others for ever.
func settleSome(s *Spool) {
	for {
		reading <- struct{}{}
		r, err := s.Next(background)
		<-reading
		if err != nil {
			return
		}
		if rand.IntN(20) == 0 {
			continue
		}
		_, _ = fmt.Printf("settling %s.\n", r.Data)
		if s.Done(r.Number) == nil {
			_, _ = fmt.Printf("settled %s.\n", r.Data)
		}
	}
}
