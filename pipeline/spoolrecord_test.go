package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// spoolable makes an event in all ways in which a source can.
func spoolable(t *rapid.T) *Event {
	raw := []byte(rapid.SampledFrom([]string{"", `{"a":1}`, "no JSON \xff", `[1,2]`}).Draw(t, "raw"))
	e := NewEvent(rapid.String().Draw(t, "id"), raw)
	e.Key, e.Type = rapid.String().Draw(t, "key"), rapid.String().Draw(t, "type")
	for range rapid.IntRange(0, 3).Draw(t, "meta") {
		e.SetMeta(rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value"))
	}
	if rapid.Bool().Draw(t, "times") {
		zone := time.FixedZone("", rapid.IntRange(-50_000, 50_000).Draw(t, "zone"))
		e.Time = time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "time"), 7).In(zone)
		e.Received = time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "received"), 0)
	}
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		e.Fail(errors.New(rapid.String().Draw(t, "fault")))
	case 1:
		e.ID = "another"
	case 2:
		e.SetBytes([]byte("changed"))
	case 3:
		e.SetValue(map[string]any{"a": "b"})
	case 4:
		e.SetDecoded(map[string]any{"a": []any{"b", true, nil}})
	case 5:
		e.SetJSON([]byte(`{"c":2}`))
	case 6:
		e = e.Child(3, []byte("part"))
	}
	return e
}

func TestSpooledEventIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := spoolable(t)
		record, err := encodeSpooled(e.Clone())
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeSpooled(record)
		if err != nil {
			t.Fatal(err)
		}
		if want := storyOf(e); storyOf(got) != want {
			t.Fatalf("%s\nwant\n%s", storyOf(got), want)
		}
		for i := range record[:min(len(record), 200)] {
			if _, err := decodeSpooled(record[:i]); err == nil && i < 10 {
				t.Fatalf("%d bytes of it are taken for an event", i)
			}
		}
	})
}

// storyOf writes everything that a flow can know about an event.
func storyOf(e *Event) string {
	raw, err := e.Bytes()
	value, valueErr := e.Value()
	return fmt.Sprintf("%q %q %q %s %s %v %q %v %q %q %d %v %v %v %v", e.ID, e.Key, e.Type, e.Time.Format(time.RFC3339Nano), e.Received.UTC(),
		maps.Collect(e.AllMeta()), raw, err, e.origin, e.source, e.level, e.Seq, e.fault, value, valueErr != nil)
}

func TestNewerSpoolRecordIsRefused(t *testing.T) {
	record, _ := encodeSpooled(NewEvent("1", nil))
	record[0]++
	if _, err := decodeSpooled(record); err == nil || errors.Is(err, errSpoolRecord) {
		t.Error(err)
	}
}

func FuzzDecodeSpooled(f *testing.F) {
	full := NewEvent("id", []byte(`{"a":1}`))
	full.Time, full.Key = time.Unix(1, 2), "k"
	full.SetMeta("a", "b")
	full.Fail(errors.New("x"))
	for _, e := range []*Event{full, NewEvent("", nil)} {
		record, err := encodeSpooled(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeSpooled(b)
		if err != nil {
			return
		}
		again, err := encodeSpooled(e.Clone())
		if err != nil {
			t.Fatal(err)
		}
		other, err := decodeSpooled(again)
		if err != nil || storyOf(other) != storyOf(e) {
			t.Fatal(err, storyOf(other), storyOf(e))
		}
	})
}
