package sqs

import "sync"

// groups are the groups of a FIFO queue that are under way. Of each, one message is
// with the flow; the next one follows when that is settled, and if it is not, all
// of the group go back behind it.
//
// The queue itself gives no more of a group while some of it are in flight, but for
// those that were left alone for longer than their timeout: then newer ones come
// along with them.
type groups struct {
	mu    sync.Mutex
	under map[string]*follower
}

// follower knows the messages of a group that wait for the one before them.
type follower struct{ rest []*entry }

// lead returns the entries that are the first of their groups; the others follow
// those that are under way.
func (g *groups) lead(fresh []*entry) (leaders []*entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range fresh {
		if f := g.under[e.group]; f != nil {
			f.rest = append(f.rest, e)
			continue
		}
		if g.under == nil {
			g.under = map[string]*follower{}
		}
		g.under[e.group] = &follower{}
		leaders = append(leaders, e)
	}
	return leaders
}

// next takes the next message of a group, or nil after the last one.
func (g *groups) next(name string) *entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.under[name]
	if len(f.rest) == 0 {
		delete(g.under, name)
		return nil
	}
	e := f.rest[0]
	f.rest = f.rest[1:]
	return e
}

// end takes all messages of a group that wait.
func (g *groups) end(name string) []*entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.under[name]
	delete(g.under, name)
	return f.rest
}

// deliverGroups gives out the first message of each group that is not under way.
func (s *subscription) deliverGroups(fresh []*entry) {
	leaders := s.groups.lead(fresh)
	for i, e := range leaders {
		await, ok := s.give(e)
		if !ok {
			for _, left := range leaders[i:] {
				s.handBack(append([]*entry{left}, s.groups.end(left.group)...)...)
			}
			return
		}
		s.senders.Add(1)
		go s.follow(e.group, await)
	}
}

// follow gives out the rest of a group, each after the one before it is settled.
func (s *subscription) follow(name string, await func() bool) {
	defer s.senders.Done()
	for {
		settled := make(chan bool, 1)
		go func() { settled <- await() }()
		select {
		case ok := <-settled:
			if !ok {
				s.handBack(s.groups.end(name)...)
				return
			}
		case <-s.halted:
			s.handBack(s.groups.end(name)...)
			return
		}
		e := s.groups.next(name)
		if e == nil {
			return
		}
		var ok bool
		if await, ok = s.give(e); !ok {
			s.handBack(append([]*entry{e}, s.groups.end(name)...)...)
			return
		}
	}
}
