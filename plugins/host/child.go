package host

import (
	"context"
	"errors"
	"sync"
	"time"
)

// child is a process that has been given work.
type child struct {
	*connection
	host *Host
	wake chan struct{} // there may be something to send
	dead chan struct{} // closed when it is of no use any more
	idle chan struct{} // closed when it retires and has answered all it had
	gone chan struct{} // closed when nothing is left of it

	alive alive

	// The rest is guarded by the lock of the host.
	sent      map[uint64]*call
	lingering map[uint64]*call // given up, and not answered yet
	cancelled []uint64         // to be told
	credits   int
	starved   time.Time // since when it has nothing to do and allows nothing; zero: it is not so
	sending   time.Time // since when a message is being sent; zero: none is
	answered  uint64    // events, to see whether it gets on
	retiring  bool      // gets nothing new
	died      bool
	why       error
}

// most is how many events may wait for an answer, whatever the plugin allows.
const most = 1 << 16

// maxBatch is about how many bytes of payload go in one message.
const maxBatch = 1 << 20

// employ has a process that was started take part.
func (h *Host) employ(c *connection) *child {
	k := &child{
		connection: c, host: h, alive: newAlive(),
		wake: make(chan struct{}, 1), dead: make(chan struct{}), idle: make(chan struct{}), gone: make(chan struct{}),
		sent: map[uint64]*call{}, lingering: map[uint64]*call{},
	}
	h.mu.Lock()
	h.current = k
	h.mu.Unlock()
	h.working.Go(k.work)
	k.signal()
	return k
}

// work moves events until the process is of no use any more, and cleans up behind it.
func (k *child) work() {
	over, stop := context.WithCancel(context.Background())
	sent := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() { defer close(sent); k.die(k.send(over)) })
	moving.Go(func() { k.die(k.receive()) })
	moving.Go(func() { k.mind(over) })
	moving.Go(func() { k.listen(over) })
	select {
	case <-k.idle:
		stop()
		k.part(sent)
	case <-k.dead:
	case <-k.process.done:
		k.die(k.process.reason())
	}
	stop()
	k.end(errGivenUp)
	moving.Wait()
	k.forget()
	k.host.bury(k)
	close(k.gone)
}

// part lets the process end once nothing is sent to it any more.
func (k *child) part(sent <-chan struct{}) {
	select {
	case <-sent:
		k.leave()
	case <-time.After(partingTime):
	}
}

// die ends a process that does not work any more. The first reason counts.
func (k *child) die(why error) {
	h := k.host
	h.mu.Lock()
	first := !k.died && why != nil
	if first {
		k.died, k.why = true, why
	}
	h.mu.Unlock()
	if first {
		k.end(why)
		close(k.dead)
	}
}

func (k *child) signal() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// rest notes what a process that has less to do than before can do now.
func (k *child) rest() {
	if len(k.sent) > 0 {
		return
	}
	k.host.closeTrial()
	if k.retiring && !k.died {
		k.died, k.why = true, errRetired
		close(k.idle)
	}
}

var errRetired = errors.New("another one has taken its place")

// retire has a process answer what it has, and end.
func (k *child) retire() {
	k.host.mu.Lock()
	defer k.host.mu.Unlock()
	k.retiring = true
	k.rest()
}
