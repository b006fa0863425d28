package sqstest

import "testing"

// TestWakeOfWhoHasLeftIsPassedOn is of a poll that is given up in the very moment
// in which a message comes: another poll has to have it.
func TestWakeOfWhoHasLeftIsPassedOn(t *testing.T) {
	s := New(t, Options{})
	if _, err := s.CreateQueue("q", nil); err != nil {
		t.Fatal(err)
	}
	q := s.find("q")
	poll := func() *waiter {
		_, me, fail := q.tryReceive(t.Context(), &wanted{max: 1, visibility: -1}, true)
		if me == nil || fail != nil {
			t.Fatal("there is something to receive", fail)
		}
		return me
	}
	first, second := poll(), poll()
	if err := s.Send("q", "x"); err != nil {
		t.Fatal(err)
	}
	<-first.woken
	select {
	case <-second.woken:
		t.Fatal("both were woken for one message")
	default:
	}
	q.leave(first)
	<-second.woken
}

func FuzzHandle(f *testing.F) {
	f.Add("")
	f.Add("AAAAAQAAAAAAAAABAAAAAQ==")
	f.Add(string(handle{1, 2, 3}.append(nil)))
	f.Add(string(handle{1, 2, 3}.append([]byte("\n"))))
	f.Fuzz(func(t *testing.T, text string) {
		h, ok := readHandle(text)
		if ok && string(h.append(nil)) != text {
			t.Errorf("%q is read as %+v, which is %q", text, h, h.append(nil))
		}
	})
}
