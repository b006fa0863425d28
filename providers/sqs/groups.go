package sqs

// deliverGroups gives out messages of a FIFO queue. The first of each group goes
// to the flow at once; the next one when that is settled, and if it is not, all
// of the group go back behind it. The queue itself gives no more of a group while
// some of it are in flight.
func (s *subscription) deliverGroups(fresh []*entry) {
	groups, order := map[string][]*entry{}, []string{}
	for _, e := range fresh {
		if groups[e.group] == nil {
			order = append(order, e.group)
		}
		groups[e.group] = append(groups[e.group], e)
	}
	for i, name := range order {
		await, ok := s.give(groups[name][0])
		if !ok {
			for _, left := range order[i:] {
				s.handBack(groups[left])
			}
			return
		}
		s.senders.Add(1)
		go s.follow(groups[name][1:], await)
	}
}

// follow gives out the rest of a group, each after the one before it is settled.
func (s *subscription) follow(rest []*entry, await func() bool) {
	defer s.senders.Done()
	for len(rest) > 0 {
		settled := make(chan bool, 1)
		go func() { settled <- await() }()
		select {
		case ok := <-settled:
			if !ok {
				s.handBack(rest)
				return
			}
		case <-s.halted:
			s.handBack(rest)
			return
		}
		next, ok := s.give(rest[0])
		if !ok {
			s.handBack(rest)
			return
		}
		await, rest = next, rest[1:]
	}
	go await()
}
