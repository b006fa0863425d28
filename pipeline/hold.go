package pipeline

import "context"

// berth is what a lane takes up of the limits of its flow.
type berth struct {
	slot    slot
	bytes   int64 // what it counts against max_held_bytes
	waiting bool  // held, and nothing has let it go yet; guarded by the lock of the limits
}

// going is 1 for an event that was held and waits no longer.
func (b *berth) going() int {
	if b.slot == slotHeld && !b.waiting {
		return 1
	}
	return 0
}

// slot says what a lane counts against.
type slot uint8

const (
	slotNone slot = iota
	slotInFlight
	slotHeld
)

// Hold is one wait of an event: until others have gone first, or until time has
// passed. From [Hold.Begin] on the event counts against max_held and not as in
// flight, so that more events can be held than may be in flight. It does so until
// it is settled; but from [Hold.End] on it is on its way again, and no further message
// starts while more are in flight or on their way than max_in_flight. A finite source that
// can no longer be read on, because too much is held, has events let go early only once
// none is on its way (see [Env.OnFull]).
type Hold struct {
	lane  *lane
	ended bool // guarded by the lock of the limits
}

// NewHold prepares a wait for the event of ctx.
func NewHold(ctx context.Context) Hold { return Hold{lane: laneOf(ctx)} }

// Begin tells the flow that the event waits, unless End was called before. Only
// the goroutine of the event may call it, once.
//
// The channel closes when the flow wants held events back because it stops; the
// caller then returns [ErrReturned] without having called next.
func (h *Hold) Begin() (giveBack <-chan struct{}) {
	l := h.lane
	if l == nil {
		return nil
	}
	l.yield()
	h.begin(heldOverhead)
	return l.flow.stopping
}

// BeginLater is Begin for a handler that returns [ErrLater]: the events behind it go on
// then. It is up to the handler to give the event back when its flow stops.
func (h *Hold) BeginLater() {
	if h.lane != nil {
		h.lane.part()
		h.begin(laterOverhead)
	}
}

func (h *Hold) begin(overhead int64) {
	l := h.lane
	if l.slot != slotHeld {
		l.bytes = l.size + overhead
	}
	l.flow.limits.hold(h)
	l.flow.limits.relieve()
}

// End says that the event waits no longer. Anyone may call it, also under a lock,
// and before Begin: whoever lets an event go ends its wait, so that there is no
// moment at which the event seems to wait when its own goroutine has yet to wake.
func (h *Hold) End() {
	if h.lane != nil {
		h.lane.flow.limits.goOn(h)
	}
}

// Held is [Hold.Begin] for a stage that does not say when the wait is over.
func Held(ctx context.Context) (giveBack <-chan struct{}) {
	h := NewHold(ctx)
	return h.Begin()
}

// BeginBehind is Begin for an event that waits for another one to be settled, as a
// copy does. Stages behind that wait for the source to come past it (see
// [Env.Follow]) do so no longer: the other event may be waiting for just that.
func (h *Hold) BeginBehind() (giveBack <-chan struct{}) {
	if l := h.lane; l != nil && l.root != nil {
		l.passAll()
	}
	return h.Begin()
}

// BeginBehindLater is BeginBehind as [Hold.BeginLater] is Begin.
func (h *Hold) BeginBehindLater() {
	if l := h.lane; l != nil && l.root != nil {
		l.passAll()
	}
	h.BeginLater()
}

// heldOverhead is what a held event costs besides its payload: its goroutine
// and its bookkeeping (5.8 kB were measured in a short chain).
const heldOverhead = 6 << 10

// laterOverhead is the same without a goroutine.
const laterOverhead = 2 << 10

// leave ends the lane and gives its slot back. What its event held up may have come to
// be held meanwhile, with nobody left to notice that the house is full.
func (l *lane) leave() {
	l.flow.lanes.remove(l)
	l.flow.limits.leave(&l.berth)
	l.flow.limits.relieve()
}
