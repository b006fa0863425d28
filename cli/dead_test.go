package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// deadFlow buries what is not JSON; with each letter that is replayed into decode it
// remembers the event, as one behind dedupe.
const deadFlow = `version: 1
flows:
  parcels:
    from: {file: {path: nothing.jsonl}}
    max_in_flight: 50
    stages:
      - decode: {format: json}
      - identify: {id: body.id, key: body.key}
      - dedupe: {ttl: 120h}
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {file: {path: out.jsonl}}
  dead: {file: {path: dead.jsonl}}
`

// deadFolder makes a folder with a flow and n letters, of which every tenth fails again.
func deadFolder(t *testing.T, n int) (dir string) {
	dir = t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), deadFlow)
	write(t, filepath.Join(dir, "nothing.jsonl"), "")
	var lines strings.Builder
	for i := range n {
		payload := fmt.Sprintf(`{"id":"e%d","key":"k%d"}`, i, i%7)
		if i%10 == 0 {
			payload = "broken " + payload
		}
		at := time.Date(2026, 3, 31, 12, 0, 0, i, time.UTC)
		line, err := json.Marshal(pipeline.DeadLetter{Version: 1, Time: at, FirstFailed: at, Flow: "parcels", Stage: "decode", Error: "no", Attempts: 1, ID: fmt.Sprint("e", i), Payload: &payload})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	write(t, filepath.Join(dir, "dead.jsonl"), lines.String())
	return dir
}

// deadOutcome is what files of a replay say of each event.
type deadOutcome struct {
	delivered map[string]int // how often
	became    map[string]pipeline.LetterStatus
	letters   map[string]int
}

func readDeadOutcome(t *testing.T, dir string) deadOutcome {
	t.Helper()
	o := deadOutcome{map[string]int{}, map[string]pipeline.LetterStatus{}, map[string]int{}}
	each := func(name string, f func(id, became string)) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var v struct{ ID, Became string }
			if json.Unmarshal([]byte(line), &v) == nil { // the last may be torn
				f(v.ID, v.Became)
			}
		}
	}
	each("out.jsonl", func(id, _ string) { o.delivered[id]++ })
	each("dead.jsonl", func(id, _ string) { o.letters[id]++ })
	each("dead.jsonl.replayed", func(id, became string) { o.became[id] = pipeline.LetterStatus(became) })
	return o
}

// mustBeTrue fails the test when a mark says what has not happened.
func (o deadOutcome) mustBeTrue(t *testing.T) {
	t.Helper()
	for id, became := range o.became {
		switch {
		case became == pipeline.LetterDelivered && o.delivered[id] == 0:
			t.Errorf("%s is marked as delivered, and was not", id)
		case became == pipeline.LetterReplaced && o.letters[id] < 2:
			t.Errorf("%s is marked as replaced, and has no new letter", id)
		}
	}
}

func TestKilledReplaysLoseNothing(t *testing.T) {
	const letters, rounds = 4_000, 6
	dir := deadFolder(t, letters)
	out, marks := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "dead.jsonl.replayed")
	random, kills := rand.New(rand.NewPCG(8, 8)), 0
	for i := range rounds {
		p := start(t, dir, nil, "dead", "replay", "-q", "--until", "2026-04-01")
		watched := []string{out, marks}[i%2]
		if !p.awaitSize(sizeOf(watched)+random.Int64N(12_000), watched) {
			break
		}
		p.kill()
		kills++
		readDeadOutcome(t, dir).mustBeTrue(t)
	}
	if kills < rounds/2 {
		t.Errorf("only %d replays could be killed before their end", kills)
	}
	// Those that fail again have it exit with 1.
	start(t, dir, nil, "dead", "replay", "-q", "--until", "2026-04-01").mustExit(exitProblem)
	o := readDeadOutcome(t, dir)
	o.mustBeTrue(t)
	again := 0
	for i := range letters {
		id, want := fmt.Sprint("e", i), pipeline.LetterDelivered
		if i%10 == 0 {
			want = pipeline.LetterReplaced
		}
		if o.became[id] != want {
			t.Fatalf("%s is marked %q, want %q", id, o.became[id], want)
		}
		again += max(o.delivered[id]-1, 0)
	}
	if most := kills * 50; again > most {
		t.Errorf("%d events were delivered again after %d kills, want at most %d", again, kills, most)
	}
	t.Logf("%d kills, %d events were delivered again", kills, again)
	start(t, dir, nil, "dead", "replay", "--until", "2026-04-01").mustExit(exitOK).mustSay("nothing to replay")
}

func TestOneReplayAtATime(t *testing.T) {
	dir := deadFolder(t, 20)
	box := fileBox(t, dir)
	marks, err := box.Begin()
	if err != nil {
		t.Fatal(err)
	}
	start(t, dir, nil, "dead", "replay").mustExit(exitProblem).mustSay("another leat dead replay is at work")
	start(t, dir, nil, "dead", "list").mustExit(exitOK)
	if err := marks.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, dir, nil, "dead", "replay", "2", "3").mustExit(exitOK)
}

func fileBox(t *testing.T, dir string) pipeline.LetterBox {
	t.Helper()
	text := strings.ReplaceAll(deadFlow, "dead.jsonl", filepath.Join(dir, "dead.jsonl"))
	p, report := pipeline.LoadText("pipeline.yaml", text, pipeline.Options{Catalog: StandardCatalog()})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	box, err := p.LetterBox("dead")
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// While leat has the state of the pipeline, letters of its stages have to wait; those of
// sinks do not.
func TestReplayBesideARunningLeat(t *testing.T) {
	dir := deadFolder(t, 0)
	// Standard input that stays open keeps it running.
	yaml := strings.Replace(deadFlow, "{file: {path: nothing.jsonl}}", "{http: {listen: '127.0.0.1:0'}}", 1)
	write(t, filepath.Join(dir, "pipeline.yaml"), yaml)
	letter := func(where, id string) string {
		return `{"v":1,"time":"2026-03-31T12:00:00Z","flow":"parcels",` + where + `,"error":"no","attempts":1,"first_failed":"2026-03-31T12:00:00Z","id":"` + id + `","payload":"{\"id\":\"` + id + `\"}"}` + "\n"
	}
	write(t, filepath.Join(dir, "dead.jsonl"), letter(`"stage":"dedupe"`, "s")+letter(`"sink":"out"`, "o"))
	run := start(t, dir, nil, "run")
	run.await(func() bool { return sizeOf(filepath.Join(dir, ".leat", "state.db")) > 0 })
	start(t, dir, nil, "dead", "replay", "o").mustExit(exitOK)
	if got := readDeadOutcome(t, dir).delivered["o"]; got != 1 {
		t.Errorf("delivered %d times, want once", got)
	}
	start(t, dir, nil, "dead", "replay").mustExit(exitProblem).mustSay("stop it for the replay")
	run.signal(os.Interrupt)
	run.mustExit(exitOK)
	start(t, dir, nil, "dead", "replay").mustExit(exitOK)
	if got := readDeadOutcome(t, dir).delivered; got["s"] != 1 || got["o"] != 1 {
		t.Errorf("delivered %v", got)
	}
}
