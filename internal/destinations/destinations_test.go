package destinations

import (
	"errors"
	"testing"
)

type place struct {
	name          string
	known, closed bool
}

func (p *place) Known() bool { return p.known }
func (p *place) Close()      { p.closed = true }

func enter(t *testing.T, s *Set[*place], name string) *place {
	t.Helper()
	p, err := s.Enter(name, func() *place { return &place{name: name} })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantError(t *testing.T, s *Set[*place], name string, want error) {
	t.Helper()
	if _, err := s.Enter(name, func() *place { t.Error("it is made"); return nil }); !errors.Is(err, want) {
		t.Errorf("%s: %v; want %v", name, err, want)
	}
}

func TestAPlaceThatIsKnownStays(t *testing.T) {
	s := New[*place](2)
	a := enter(t, s, "a")
	a.known = true
	s.Leave(a)
	if again := enter(t, s, "a"); again != a || a.closed {
		t.Errorf("%+v, %+v", again, a)
	}
}

func TestTheLastEventTakesAPlaceAlongThatWasNeverFound(t *testing.T) {
	s := New[*place](1)
	a := enter(t, s, "a")
	enter(t, s, "a")
	s.Leave(a)
	if a.closed {
		t.Error("closed with an event in it")
	}
	s.Leave(a)
	if !a.closed || len(s.All()) != 0 {
		t.Errorf("%+v, %d places", a, len(s.All()))
	}
	enter(t, s, "b")
}

func TestNoRoomIsForGoodWhenAllAreKnown(t *testing.T) {
	s := New[*place](2)
	enter(t, s, "a").known = true
	b := enter(t, s, "b")
	wantError(t, s, "c", ErrCrowded)
	b.known = true
	wantError(t, s, "c", ErrFull)
	enter(t, s, "b")
}

func TestWhatIsForgottenMakesRoomAndKeepsItsEvents(t *testing.T) {
	s := New[*place](1)
	a := enter(t, s, "a")
	a.known = true
	s.Forget(a)
	s.Forget(a)
	second := enter(t, s, "a")
	second.known = true
	if second == a || len(s.All()) != 2 {
		t.Errorf("%d places", len(s.All()))
	}
	s.Leave(a)
	if !a.closed || second.closed || len(s.All()) != 1 {
		t.Errorf("%+v, %+v, %d places", a, second, len(s.All()))
	}
	if again := enter(t, s, "a"); again != second {
		t.Error("the second one lost its name")
	}
}

func TestCloseClosesWhatIsForgottenToo(t *testing.T) {
	s := New[*place](2)
	a, b := enter(t, s, "a"), enter(t, s, "b")
	s.Forget(a)
	s.Close()
	if !a.closed || !b.closed {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestStrangersAreLeftAlone(t *testing.T) {
	s := New[*place](1)
	stranger := &place{}
	s.Leave(stranger)
	s.Forget(stranger)
	if stranger.closed || len(s.All()) != 0 {
		t.Error("it counts")
	}
}
