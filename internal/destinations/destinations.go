// Package destinations keeps the queues or topics that events choose by name: up
// to so many of them, and those that turn out not to exist no longer than events
// are there.
package destinations

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// Destination is a queue or topic.
type Destination interface {
	comparable
	// Known reports whether it is known to exist. It may be called with the lock of
	// the set held.
	Known() bool
	// Close returns when nothing is on its way there any more.
	Close()
}

// ErrFull and ErrCrowded say that there is no room for a further name: for good, or
// because of names that may turn out to be those of nothing.
var (
	ErrFull    = errors.New("there is no room for a further name")
	ErrCrowded = errors.New("there is no room for a further name now")
)

// Set is the destinations that events have chosen. It may be used by several
// goroutines at once.
type Set[D Destination] struct {
	most int

	mu    sync.Mutex
	named map[string]D
	stays map[D]*stay // of those with a name, and of those that are forgotten
}

// stay is what is known here of a destination.
type stay struct {
	name      string
	events    int  // that are there
	forgotten bool // it has no name here any more, but events
}

// New returns a set with room for most names.
func New[D Destination](most int) *Set[D] {
	return &Set[D]{most: most, named: map[string]D{}, stays: map[D]*stay{}}
}

// Enter returns the destination of that name for an event, which has to leave it;
// create makes one that is not there yet. The error is [ErrFull] or [ErrCrowded].
func (s *Set[D]) Enter(name string, create func() D) (D, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.named[name]
	if !ok {
		if len(s.named) >= s.most {
			return d, s.full()
		}
		d = create()
		s.named[name], s.stays[d] = d, &stay{name: name}
	}
	s.stays[d].events++
	return d, nil
}

func (s *Set[D]) full() error {
	for _, d := range s.named {
		if !d.Known() {
			return ErrCrowded
		}
	}
	return ErrFull
}

// Leave says that an event is no longer at its destination. The last one takes along
// the name of one that is not known to exist, so that there is room for others. A
// destination that is none of the set is left alone.
func (s *Set[D]) Leave(d D) {
	if s.unused(d) {
		d.Close()
	}
}

// unused reports whether nobody knows a destination any more.
func (s *Set[D]) unused(d D) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.stays[d]
	if at == nil {
		return false
	}
	if at.events--; at.events > 0 || !at.forgotten && d.Known() {
		return false
	}
	if !at.forgotten {
		delete(s.named, at.name)
	}
	delete(s.stays, d)
	return true
}

// Forget makes room for other names. Events that are at the destination stay there.
func (s *Set[D]) Forget(d D) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.stays[d]; at != nil && !at.forgotten {
		delete(s.named, at.name)
		at.forgotten = true
	}
}

// Close closes all destinations, those that are forgotten included.
func (s *Set[D]) Close() {
	for _, d := range s.All() {
		d.Close()
	}
}

// All returns all destinations that have a name or events.
func (s *Set[D]) All() []D {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.stays))
}
