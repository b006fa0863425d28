package pipeline

import "github.com/ThreeDotsLabs/watermill/message"

// rest waits while the flow is paused, and returns false when it stops instead of going
// on. A source that asks for nothing meanwhile is read, so that what it had asked for
// goes back to its queue at once; any other keeps what it has.
func (g *gate) rest() bool {
	f := g.flow
	var in <-chan *message.Message
	if g.source.Pause != nil {
		in = g.in
	}
	for {
		select {
		case <-f.stopping:
			return false
		case <-f.control.paused.WhenOpen():
			return true
		case m, ok := <-in:
			if !ok {
				g.sourceEnded()
				return false
			}
			m.Nack()
		}
	}
}

// admit waits for the slots of a message. When the flow is paused meanwhile, the message
// goes back to a source that offers it again; that of any other waits here until the
// flow goes on. It returns false twice when the flow stops.
func (g *gate) admit(slots int) (admitted, goesBack bool) {
	f := g.flow
	for {
		if f.limits.admitUnless(f.stopping, f.control.paused.WhenShut(), slots) {
			return true, false
		}
		if f.control.paused.IsShut() && (g.source.Returns || g.source.Push) {
			return false, true
		}
		select {
		case <-f.control.paused.WhenOpen():
		case <-f.stopping:
		}
		if isClosed(f.stopping) {
			return false, false
		}
	}
}
