package prove

import (
	"testing"
	"time"
)

func TestTimesAreMovedAsTheyAreWritten(t *testing.T) {
	for payload, want := range map[string]struct {
		step  time.Duration
		moved string
	}{
		`{"t":"2026-03-31T08:00:00Z","n":1774944000}`:       {time.Second, `{"t":"2026-03-31T08:02:00Z","n":1774944120}`},
		`{"t":"2026-03-31 23:59"}`:                          {time.Minute, `{"t":"2026-04-01 00:01"}`},
		`<t>31.03.2026 23:59</t><u>31.03.2026 08:00:01</u>`: {time.Minute, `<t>01.04.2026 00:01</t><u>31.03.2026 08:02:01</u>`},
		`{"t":"2026-13-31 08:00"}`:                          {time.Minute, `{"t":"2026-13-31 08:00"}`},
		`no time`:                                           {time.Second, `no time`},
	} {
		if got := step([]byte(payload)); got != want.step {
			t.Errorf("%s: moved by %s at least, want %s", payload, got, want.step)
		}
		if got := string(moved([]byte(payload), 2*time.Minute, true)); got != want.moved {
			t.Errorf("%s: got %s, want %s", payload, got, want.moved)
		}
	}
}
