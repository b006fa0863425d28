package snssig

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSilenceIsSaidOnce(t *testing.T) {
	for _, c := range []struct {
		heard, ended bool
		want         int
	}{{false, false, 1}, {true, false, 0}, {false, true, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var text bytes.Buffer
			s := NewSilence(func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }, slog.New(slog.NewTextHandler(&text, nil)))
			s.Begin("look at the queue's policy")
			if c.heard {
				s.Heard()
			}
			if c.ended {
				s.End()
			}
			time.Sleep(24 * time.Hour)
			synctest.Wait()
			if n := strings.Count(text.String(), "look at the queue's policy"); n != c.want {
				t.Errorf("%+v: it is said %d times: %s", c, n, text.String())
			}
		})
	}
}
