package wire

import "google.golang.org/protobuf/encoding/protowire"

// AppendEvent appends an event, with the body that [AppendBody] and [AppendMeta] made, to
// a message of work.
func AppendEvent(work []byte, seq uint64, body []byte) []byte {
	work = protowire.AppendVarint(append(work, byte(workEvents)), uint64(1+protowire.SizeVarint(seq)+len(body)))
	work = protowire.AppendVarint(append(work, byte(eventSeq)), seq)
	return append(work, body...)
}

// AroundEvent is the most that [AppendEvent] appends besides the body.
const AroundEvent = 22

// AppendCancelled appends the numbers of events whose time is up to a message of work.
func AppendCancelled(work []byte, seqs []uint64) []byte {
	for _, seq := range seqs {
		work = protowire.AppendVarint(append(work, byte(workOneGone)), seq)
	}
	return work
}

// ReadWork gives the events of a message of work to event, and the numbers of those whose
// time is up to cancelled. The events keep the message.
func ReadWork(message []byte, event func(*Event), cancelled func(seq uint64)) error {
	return fields(message, func(f field) error {
		switch f.tag {
		case workEvents:
			e := &Event{}
			if err := e.read(f.bytes); err != nil {
				return err
			}
			event(e)
		case workOneGone:
			cancelled(f.varint)
		case workCancelled:
			return packed(f.bytes, cancelled)
		}
		return nil
	})
}

// packed gives the numbers of a packed list to f.
func packed(list []byte, f func(uint64)) error {
	for len(list) > 0 {
		v, n := protowire.ConsumeVarint(list)
		if n < 0 {
			return broken(n)
		}
		list = list[n:]
		f(v)
	}
	return nil
}
