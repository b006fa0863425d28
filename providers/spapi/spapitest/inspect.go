package spapitest

import (
	"cmp"
	"slices"
	"strconv"
)

// Destinations returns those that there are.
func (s *Server) Destinations() []Destination {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.destinations)
}

// Subscriptions returns those that there are, by seller, type and version.
func (s *Server) Subscriptions() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(slices.Values(s.subscriptions), func(a, b Subscription) int {
		return cmp.Or(cmp.Compare(a.Seller, b.Seller), cmp.Compare(a.Type, b.Type), cmp.Compare(a.PayloadVersion, b.PayloadVersion))
	})
}

// Calls returns the calls so far that were let in, also those that failed.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// AddDestination puts a destination there, and returns its id.
func (s *Server) AddDestination(d Destination) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.ID = s.newID("destination")
	s.destinations = append(s.destinations, d)
	return d.ID
}

// AddSubscription puts a subscription there, and returns its id.
func (s *Server) AddSubscription(sub Subscription) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub.ID = s.newID("subscription")
	s.subscriptions = append(s.subscriptions, sub)
	return sub.ID
}

// newID makes ids. The caller holds the lock.
func (s *Server) newID(of string) string {
	s.last++
	return of + "-" + strconv.Itoa(s.last)
}
