package sqs

import "github.com/ThreeDotsLabs/watermill/message"

// deliver gives fresh messages out, in order. Messages of one group of a FIFO
// queue are given out one after another.
func (s *subscription) deliver(fresh []*entry) {
	switch {
	case len(fresh) == 0:
	case s.queue.ref.fifo():
		s.deliverGroups(fresh)
	case s.plain:
		s.deliverEach(fresh)
	case !s.serve(fresh):
		s.handBack(fresh...)
	}
}

func (s *subscription) deliverEach(fresh []*entry) {
	for i, e := range fresh {
		await, ok := s.give(e)
		if !ok {
			s.handBack(fresh[i:]...)
			return
		}
		go await()
	}
}

// give puts an entry's message on the channel, or returns false on a stop. The
// message is kept invisible while it waits for its reader.
func (s *subscription) give(e *entry) (func() bool, bool) {
	m, cancel := s.messageOf(e)
	s.watching.Add(1)
	select {
	case s.out <- m:
		return func() bool { defer cancel(); return s.await(e, m) }, true
	case <-s.halted:
		s.watching.Done()
		cancel()
		return nil, false
	}
}

// await returns once the message's fate is known, and whether it was settled. It
// is deleted then, or handed back.
func (s *subscription) await(e *entry, m *message.Message) bool {
	defer s.watching.Done()
	select {
	case <-m.Acked():
		s.settle(e)
		return true
	case <-m.Nacked():
		s.handBack(e)
	case <-s.over:
	}
	return false
}

// settle has messages deleted.
func (s *subscription) settle(entries ...*entry) {
	for _, e := range entries {
		s.table.settle(e)
		s.remover.add(e)
	}
}

// handBack returns messages that the flow does not take, or gives back.
func (s *subscription) handBack(entries ...*entry) {
	for _, e := range entries {
		if s.keeper.release(e) {
			s.returns.add(e)
		}
	}
}
