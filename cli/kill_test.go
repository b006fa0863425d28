package cli

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// outputFile follows an output file over several runs of the process, to tell what
// each of them wrote.
type outputFile struct {
	path   string
	starts []int64 // of the parts
}

// nextRun says that the process has ended and is about to be started again.
func (o *outputFile) nextRun(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(o.path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if tail := text[whole:]; json.Valid(tail) && len(tail) > 0 {
		whole = len(text) + 1 // it only lacks its line break
	}
	o.starts = append(o.starts, int64(whole))
}

// parts returns the lines of each run.
func (o *outputFile) parts(t *testing.T) (parts []part) {
	t.Helper()
	var at int64
	for _, line := range linesOf(t, o.path) {
		for len(parts) <= len(o.starts) && (len(parts) == 0 || at >= o.starts[len(parts)-1]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], line)
		at += int64(len(line)) + 1
	}
	return parts
}

// What the killed flow may have under way. What it delivers again after a kill
// are the events that had left but were not recorded yet, and those are few of
// the held ones: the test allows for all of them.
const (
	killInFlight = 100
	killHeld     = 3_000
)

func TestKilledRunsLoseNothing(t *testing.T) {
	const rounds = 6
	f := newFeed(5, 8_000)
	flow := newParcelFlow(t, f, inFile, "    on_error:", "    max_in_flight: 100\n    max_held: 3000\n    on_error:")
	notify, rest := outputFile{path: flow.notify}, outputFile{path: flow.rest}
	whole, random := int64(0), rand.New(rand.NewPCG(6, 6))
	for text := range f.events {
		whole += int64(len(text)) + 1
	}
	kills := 0
	for range rounds {
		p := flow.start("-q")
		// Later runs first read what is delivered already.
		goal := sizeOf(flow.notify, flow.rest) + 1 + random.Int64N(whole/rounds)
		if !p.awaitSize(goal, flow.notify, flow.rest) {
			break
		}
		p.kill()
		kills++
		notify.nextRun(t)
		rest.nextRun(t)
	}
	begun := time.Now()
	p := flow.start().mustExit(exitOK)
	if took := time.Since(begun); took > patience/3 {
		t.Errorf("the last run took %s: it waited for the claims of one that is dead", took)
	}
	again := f.mustHold(t, outcome{notify: notify.parts(t), rest: rest.parts(t)})
	t.Logf("%d kills, %d events were delivered again; the last run: %v", kills, again, p.summary())
	if most := kills * (killInFlight + killHeld); again > most {
		t.Errorf("%d events were delivered again after %d kills, want at most %d", again, kills, most)
	}
	f.mustBury(t, linesOf(t, flow.buried), 1, 1+kills)
	if kills < rounds/2 {
		t.Errorf("only %d runs could be killed before their end", kills)
	}
}

func TestTornLastLinesAreMended(t *testing.T) {
	f := newFeed(7, 300)
	flow := newParcelFlow(t, f, inFile)
	flow.start("-q").mustExit(exitOK)
	events := linesOf(t, flow.rest)
	last := events[len(events)-1]
	// A kill in the middle of a write leaves a piece of a line, or all of it but
	// its line break. The first is moved aside; to the second the break is added.
	cut := `{"shipmentNumber":"3700`
	appendTo(t, flow.rest, cut)
	if err := os.Truncate(flow.notify, sizeOf(flow.notify)-1); err != nil {
		t.Fatal(err)
	}
	p := flow.start().mustExit(exitOK)
	p.mustSay(`the last line was torn.*rest\.jsonl`)
	if after := linesOf(t, flow.rest); len(after) != len(events) || after[len(after)-1] != last {
		t.Errorf("ends with %q, want %q", after[len(after)-1], last)
	}
	if torn := linesOf(t, flow.rest+".torn"); len(torn) != 1 || torn[0] != cut {
		t.Errorf("moved aside: %q", torn)
	}
	if again := f.mustHold(t, outcome{notify: []part{linesOf(t, flow.notify)}, rest: []part{linesOf(t, flow.rest)}}); again > 0 {
		t.Errorf("%d events were delivered again", again)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
