package coalesce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// told notes what became of items, in the order in which that was told.
type told struct {
	mu   sync.Mutex
	said []string
}

func (n *told) note(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, text)
}

func (n *told) all() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.said, ", ")
}

func (n *told) start(t *testing.T, c *Coalescer[string], item string) {
	if err := c.Start(item, 1, "", nil, func(err error, sent *Batch) {
		if sent.Value == nil {
			sent.Value, sent.AtEnd = item, func() { n.note("end of " + item) }
		}
		if err != nil {
			n.note(item + ": " + err.Error())
			return
		}
		n.note(item)
	}); err != nil {
		t.Error(err)
	}
}

func TestThoseWhoDoNotWaitAreTold(t *testing.T) {
	s := &service{took: time.Second, answer: func(_ context.Context, items []string) []error {
		errs := make([]error, len(items))
		for i, item := range items {
			if item == "bad" {
				errs[i] = errors.New("no")
			}
		}
		return errs
	}}
	var n told
	bubble(t, s, func(t *testing.T, c *Coalescer[string]) {
		for _, item := range []string{"a", "bad", "b", "c"} {
			n.start(t, c, item)
		}
		if err := c.Do(t.Context(), nil, "waits", 1, ""); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
	if got := n.all(); got != "a, bad: no, b, end of a, c, end of c" {
		t.Errorf("told: %s", got)
	}
}

// What is told may lead to more that is to be sent, with one request at a time too.
func TestWhoeverIsToldMayStartMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{took: time.Second}
		c := New(Options[string]{MaxItems: 3, MaxBytes: 100, MaxRequests: 1, AfterFunc: afterFunc, Send: s.send})
		var n told
		if err := c.Start("a", 1, "", nil, func(error, *Batch) { n.start(t, c, "b") }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := n.all(); got != "b, end of b" {
			t.Errorf("told: %s", got)
		}
		c.Close()
	})
}

func TestCloseTellsThoseWhoDoNotWaitFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{took: time.Second}
		c := New(Options[string]{MaxItems: 1, MaxBytes: 100, MaxRequests: 1, AfterFunc: afterFunc, Send: s.send})
		var n told
		n.start(t, c, "a")
		n.start(t, c, "b")
		c.Close()
		if got := n.all(); got != "a, end of a, b, end of b" {
			t.Errorf("told: %s", got)
		}
		if err := c.Start("c", 1, "", nil, func(error, *Batch) { t.Error("told") }); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
}

// Whoever does not want an item any more is told so when its turn comes, and Close need not
// wait for the others for ever.
func TestWhatNobodyWantsIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &service{took: time.Second}
		c := New(Options[string]{MaxItems: 1, MaxBytes: 100, MaxRequests: 1, AfterFunc: afterFunc, Send: s.send})
		var n told
		gone := make(chan struct{})
		for _, item := range []string{"a", "b", "c"} {
			if err := c.Start(item, 1, "", gone, func(err error, _ *Batch) { n.note(fmt.Sprint(item, " ", err)) }); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		n.start(t, c, "d")
		n.start(t, c, "e")
		close(gone)
		time.Sleep(1500 * time.Millisecond)
		if got := n.all(); got != "a <nil>, b stopped before it was sent, c stopped before it was sent" {
			t.Errorf("told: %s", got)
		}
		go c.GiveUp()
		c.Close()
		if got := strings.Join(s.got(), ", "); got != "a, d" {
			t.Errorf("sent: %s", got)
		}
		if got := n.all(); !strings.HasSuffix(got, "d, end of d, e: stopped before it was sent, end of e") {
			t.Errorf("told: %s", got)
		}
	})
}
