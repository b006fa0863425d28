// Package parcels checks what the pipeline.yaml at the root of the repository
// promises about the sample feed in this folder.
package parcels

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/pipeline"
)

func TestTheFeedIsWhatTheGeneratorWrites(t *testing.T) {
	out := filepath.Join(t.TempDir(), "feed.jsonl")
	if msg, err := exec.Command("go", "run", "./generate", "-seed", "1", "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	if !bytes.Equal(read(t, out), read(t, "feed.jsonl")) {
		t.Error("feed.jsonl is not what generate writes: run make generate")
	}
}

func TestEveryEventLeavesOnceAndUnchanged(t *testing.T) {
	f := readFeed(t)
	stations := readStations(t)
	run(t)
	want := map[string]int{}
	for raw := range f.events {
		want[withStation(raw, stations)] = 1
	}
	got := map[string]int{}
	for _, line := range slices.Concat(lines(t, "out/parcels.jsonl"), lines(t, "out/notifications.jsonl")) {
		got[line]++
	}
	for line, n := range got {
		if n != want[line] {
			t.Errorf("%d times, want %d: %s", n, want[line], line)
		}
	}
	for line := range want {
		if got[line] == 0 {
			t.Errorf("missing: %s", line)
		}
	}
}

func TestNotificationsGoTheirOwnWay(t *testing.T) {
	readFeed(t)
	run(t)
	for file, notification := range map[string]bool{"out/parcels.jsonl": false, "out/notifications.jsonl": true} {
		for _, line := range lines(t, file) {
			if e := parse(t, line); (e.EventType.APIKey == "103") != notification {
				t.Errorf("%s holds %s", file, line)
			}
		}
	}
}

func TestTheEventsOfAParcelLeaveInOrder(t *testing.T) {
	readFeed(t)
	// The envelope format shows the marks.
	overlay := `sinks: {parcels: {file: {path: out/all.jsonl, format: envelope}}, notifications: {file: {path: out/all.jsonl, format: envelope}}}`
	if err := os.WriteFile("overlay.yaml", []byte(overlay), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, "overlay.yaml")
	last := map[string]time.Time{}
	late := 0
	for _, line := range lines(t, "out/all.jsonl") {
		var e struct {
			Key  string
			Time time.Time
			Meta map[string]string
		}
		mustUnmarshal(t, line, &e)
		switch {
		case e.Meta[pipeline.MarkLate] == "true":
			late++
		case e.Time.Before(last[e.Key]):
			t.Errorf("%s left after %s and is not marked: %s", e.Time, last[e.Key], line)
		default:
			last[e.Key] = e.Time
		}
	}
	if late != 1 {
		t.Errorf("%d events are marked late, want 1", late)
	}
}

func TestBrokenLinesAreDeadLettersWithTheirBytes(t *testing.T) {
	f := readFeed(t)
	run(t)
	var got []string
	for _, line := range lines(t, "out/dead.jsonl") {
		var d pipeline.DeadLetter
		mustUnmarshal(t, line, &d)
		original := d.Original
		if original == nil {
			original = d.Payload
		}
		got = append(got, *original)
	}
	slices.Sort(got)
	slices.Sort(f.broken)
	if len(got) != 2 || !slices.Equal(got, f.broken) {
		t.Errorf("dead letters hold\n%q\nwant\n%q", got, f.broken)
	}
}

func TestTheNumbersAddUp(t *testing.T) {
	f := readFeed(t)
	s := run(t)
	dead := s.Sum(pipeline.CountDeadLetters)
	delivered := s.Sum(pipeline.CountDelivered) - dead
	duplicates := s.Sum(pipeline.CountDuplicates)
	if s.Read != int64(f.lines) || delivered != int64(len(f.events)) || delivered+duplicates != int64(f.sent) || dead != 2 || s.Sum(pipeline.CountLate) != 1 {
		t.Errorf("of %d lines with %d events, %d of them distinct: %+v", f.lines, f.sent, len(f.events), s)
	}
	again := run(t)
	if n := again.Sum(pipeline.CountEarlier); n != int64(f.sent)+dead || again.Sum(pipeline.CountDeadLetters) != 0 {
		t.Errorf("the second run knows %d events from the first, want %d and the dead letters", n, f.sent)
	}
}

// run runs the flow as leat run does and returns its counts.
func run(t *testing.T, overlays ...string) pipeline.Stats {
	t.Helper()
	p, err := pipeline.Load("pipeline.yaml", pipeline.Options{Catalog: cli.StandardCatalog(), Overlays: overlays})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p.Stats()
}

// feed is what is in feed.jsonl.
type feed struct {
	lines  int
	sent   int             // events, copies included
	events map[string]bool // distinct ones, as they are in their messages
	broken []string
}

// readFeed reads the feed and makes a copy of the example the working directory.
func readFeed(t *testing.T) feed {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{"../../pipeline.yaml": "pipeline.yaml", "feed.jsonl": "examples/parcels/feed.jsonl", "stations.csv": "examples/parcels/stations.csv"} {
		to = filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, read(t, from), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	f := feed{events: map[string]bool{}}
	for _, line := range lines(t, "examples/parcels/feed.jsonl") {
		f.add(line)
	}
	return f
}

func (f *feed) add(line string) {
	f.lines++
	var envelope struct{ Message string }
	var message struct{ Events []json.RawMessage }
	if json.Unmarshal([]byte(line), &envelope) != nil || json.Unmarshal([]byte(envelope.Message), &message) != nil {
		f.broken = append(f.broken, line)
		return
	}
	for _, raw := range message.Events {
		f.sent++
		f.events[string(raw)] = true
	}
}

// event is what the tests need of a parcel event.
type event struct {
	LocationContext string
	EventType       struct{ APIKey string }
}

func parse(t *testing.T, line string) (e event) {
	t.Helper()
	mustUnmarshal(t, line, &e)
	return e
}

// withStation adds the one field that the flow adds, where it does.
func withStation(raw string, stations map[string]string) string {
	var e event
	if json.Unmarshal([]byte(raw), &e) != nil || stations[e.LocationContext] == "" {
		return raw
	}
	return strings.TrimSuffix(raw, "}") + `,"station":` + stations[e.LocationContext] + "}"
}

// readStations returns the rows of stations.csv as JSON, by code.
func readStations(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, line := range lines(t, "examples/parcels/stations.csv")[1:] {
		c := strings.Split(line, ",")
		out[c[0]] = fmt.Sprintf(`{"code":%q,"name":%q,"county":%q,"kind":%q}`, c[0], c[1], c[2], c[3])
	}
	if len(out) == 0 || slices.Contains(slices.Collect(maps.Keys(out)), "") {
		t.Fatal("stations.csv has no rows, or one without a code")
	}
	return out
}

func lines(t *testing.T, path string) (out []string) {
	t.Helper()
	s := bufio.NewScanner(bytes.NewReader(read(t, path)))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	return out
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustUnmarshal(t *testing.T, line string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), v); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
}
