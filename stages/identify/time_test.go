package identify

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

const wall = "2006-01-02 15:04:05.999999999"

// zones are places, with days on which clocks were changed, in one direction or the other.
var zones = map[string][]string{
	"Europe/Oslo":         {"2026-03-29", "2026-10-25"},
	"America/New_York":    {"2026-03-08", "2026-11-01"},
	"Australia/Lord_Howe": {"2026-04-04", "2026-10-03"}, // by half an hour
	"Asia/Kathmandu":      {"1985-12-31"},               // by a quarter, once and for all
}

// A local time is read as an instant at which the clocks there show it. Of two
// such instants it is the later one, unless the event had been received by then.
func TestLocalTimesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"}).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		happened := instant(t, zones[name])
		received := happened.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "delay")))
		text := happened.In(zone).Format(wall)

		got, ambiguous, err := parse(text, wall, zone, received)
		if err != nil {
			t.Fatal(err)
		}
		if back := got.In(zone).Format(wall); back != text {
			t.Fatalf("%s was read as %s, when the clocks show %s", text, got.UTC(), back)
		}
		candidates := showing(text, zone, happened)
		if ambiguous != (len(candidates) > 1) {
			t.Fatalf("%s: ambiguous is %v, and the clocks show it at %v", text, ambiguous, candidates)
		}
		want := candidates[0]
		for _, c := range candidates {
			if !c.After(received) {
				want = c
			}
		}
		if !got.Equal(want) {
			t.Fatalf("%s, received %s, was read as %s, want %s", text, received.UTC(), got.UTC(), want.UTC())
		}
	})
}

// instant draws an instant, mostly near a change of clocks.
func instant(t *rapid.T, changes []string) time.Time {
	if rapid.IntRange(0, 4).Draw(t, "anywhere") == 0 {
		return time.Unix(0, rapid.Int64Range(0, 4e18).Draw(t, "unix")).UTC()
	}
	day, err := time.Parse(time.DateOnly, rapid.SampledFrom(changes).Draw(t, "day"))
	if err != nil {
		t.Fatal(err)
	}
	return day.Add(time.Duration(rapid.Int64Range(-int64(12*time.Hour), int64(36*time.Hour)).Draw(t, "after")))
}

// showing returns, in order, the instants at which the clocks of zone show text,
// looked for at every offset within hours of one of them.
func showing(text string, zone *time.Location, near time.Time) (found []time.Time) {
	for quarter := -12; quarter <= 12; quarter++ {
		at := near.Add(time.Duration(quarter) * 15 * time.Minute)
		if at.In(zone).Format(wall) == text {
			found = append(found, at)
		}
	}
	return found
}

// No number makes the arithmetic overflow into a time that looks like one.
func FuzzUnixTimes(f *testing.F) {
	for _, text := range []string{"1774951200", "1774951200.25", "-1.5", "1e300", "NaN", "0x1p3", "9223372036854775807", "1_0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		seconds, _, err := parse(text, "unix", time.UTC, time.Time{})
		if err != nil {
			return
		}
		if _, err := seconds.MarshalJSON(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if ms, _, err := parse(text, "unix_ms", time.UTC, time.Time{}); err != nil {
			t.Errorf("%q is a number of seconds but not of milliseconds: %v", text, err)
		} else if want := seconds.Unix() / 1000; ms.Unix() < want-1 || ms.Unix() > want+1 {
			t.Errorf("%q: %d s, %d s of ms", text, seconds.Unix(), ms.Unix())
		}
	})
}
