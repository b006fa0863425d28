package embedded

import (
	"testing"
	"testing/synctest"
	"time"
)

// gathered is how long a queue with so many commits gathers when others come later.
func gathered(t *testing.T, lately pace, waiting int, later ...time.Duration) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var q queue
		q.init()
		add := func() {
			if _, err := q.add(record{}, nil); err != nil {
				t.Error(err)
			}
		}
		for range waiting {
			add()
		}
		for _, after := range later {
			time.AfterFunc(after, add)
		}
		begun := time.Now()
		q.gather(lately)
		took = time.Since(begun)
		time.Sleep(time.Second) // until all have come
	})
	return took
}

func TestTheWriterWaitsForAsManyCommitsAsLatelyAndNoLongerThanTheDiskTakes(t *testing.T) {
	const ms = time.Millisecond
	lately := pace{commits: 3, took: 2 * ms}
	for name, c := range map[string]struct{ got, want time.Duration }{
		"alone":                 {gathered(t, pace{took: 2 * ms}, 1), 0},
		"nobody at all":         {gathered(t, pace{took: 2 * ms}, 0), 0},
		"as many as lately":     {gathered(t, lately, 3), 0},
		"the others come":       {gathered(t, lately, 1, ms/2, ms), ms},
		"one does not come":     {gathered(t, lately, 1, ms), 2 * ms},
		"the disk is fast":      {gathered(t, pace{commits: 3, took: ms / 10}, 1, ms), ms / 10},
		"the disk is very slow": {gathered(t, pace{commits: 3, took: time.Minute}, 1), gatherAtMost},
	} {
		if c.got != c.want {
			t.Errorf("%s: it waits %s, want %s", name, c.got, c.want)
		}
	}
}

func TestTheWriterWaitsForNobodyOnceTheStoreCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q queue
		q.init()
		time.AfterFunc(time.Millisecond, q.close)
		begun := time.Now()
		q.gather(pace{commits: 3, took: time.Minute})
		q.gather(pace{commits: 3, took: time.Minute})
		if took := time.Since(begun); took != time.Millisecond {
			t.Errorf("it waited %s", took)
		}
	})
}

func TestHowManyCommitsAreHopedFor(t *testing.T) {
	var p pace
	for _, c := range []struct{ commits, want int }{{1, 0}, {100, 100}, {10, 90}, {200, 200}, {7, 0}, {0, 0}, {8, 8}} {
		if p.see(c.commits); p.commits != c.want {
			t.Errorf("after %d commits %d are hoped for, want %d", c.commits, p.commits, c.want)
		}
	}
}
