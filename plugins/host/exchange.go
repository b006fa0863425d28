package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
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

// send gives the plugin what it may have, as much at a time as there is.
func (k *child) send(over context.Context) error {
	for {
		select {
		case <-k.wake:
		case <-over.Done():
			return nil
		}
		for {
			k.host.gather()
			work := k.host.take(k)
			if work == nil {
				break
			}
			if err := k.stream.Send(work); err != nil {
				return k.broken(err)
			}
		}
	}
}

// gather lets those who are about to bring events do so, that they leave together. Where
// there is nothing else to do it takes no time.
func (h *Host) gather() {
	for had := -1; ; {
		h.mu.Lock()
		n := h.waiting.len()
		h.mu.Unlock()
		if n == had || n >= enough {
			return
		}
		had = n
		runtime.Gosched()
	}
}

// enough is how many events need not wait for more.
const enough = 256

// receive takes the answers.
func (k *child) receive() error {
	for {
		results, err := k.stream.Recv()
		if err != nil {
			return k.broken(err)
		}
		if err := k.host.settle(k, results); err != nil {
			return err
		}
		k.signal()
	}
}

// broken says what the end of the stream means. When the process has ended, or ends with
// it, that says more.
func (k *child) broken(err error) error {
	if k.process.await(100 * time.Millisecond) {
		return k.process.reason()
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("it ended the stream")
	}
	return fmt.Errorf("it does not speak the contract any more: %w", err)
}

// take picks what is sent next; nil: nothing can be.
func (h *Host) take(k *child) *proto.Work {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k.died {
		return nil
	}
	work := &proto.Work{Cancelled: k.cancelled}
	k.cancelled = nil
	from := h.source(k)
	now := time.Now()
	for size := 0; from.len() > 0 && k.credits > 0 && len(k.sent) < most; {
		if size += from.calls[from.first].size; size > maxBatch && len(work.Events) > 0 {
			break
		}
		c := from.pop()
		h.seq++
		c.event.Seq, c.sent, c.with = h.seq, now, k
		k.sent[h.seq] = c
		k.credits--
		work.Events = append(work.Events, c.event)
	}
	if len(work.Events) == 0 && len(work.Cancelled) == 0 {
		return nil
	}
	return work
}

// source is the list that a process gets its next events from.
func (h *Host) source(k *child) *queue {
	switch {
	case k.retiring || k != h.current:
		return &queue{}
	case h.trial != nil:
		return h.trial.next(k)
	}
	return &h.waiting
}

// settle gives the events of an answer back. An error says that the plugin cannot be
// believed any more.
func (h *Host) settle(k *child, results *proto.Results) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, seq := range results.Unchanged {
		if err := k.answer(seq, asItCame); err != nil {
			return err
		}
	}
	for _, r := range results.Results {
		if err := k.answer(r.GetSeq(), r); err != nil {
			return err
		}
	}
	if len(results.Results)+len(results.Unchanged) > 0 {
		h.gotOn()
	}
	k.credits = min(most, k.credits+int(min(results.Credits, most)))
	k.rest()
	return nil
}

// asItCame is the answer for an event that goes on unchanged.
var asItCame = &proto.Result{Outcome: &proto.Result_Emit{Emit: &proto.Emit{Events: []*proto.Output{{}}}}}

// answer gives an event back.
func (k *child) answer(seq uint64, r *proto.Result) error {
	c := k.sent[seq]
	switch {
	case c != nil:
	case seq == 0 || seq > k.host.seq:
		return fmt.Errorf("it answered an event that it was not given (%d)", seq)
	default:
		delete(k.lingering, seq) // given up meanwhile, or answered before
		return nil
	}
	delete(k.sent, seq)
	k.answered++
	if !c.overdue.IsZero() && r.GetRetry() != nil {
		c.finish(nil, k.host.tooLong(c)) // that is why it was not handled
		return nil
	}
	c.finish(r, nil)
	return nil
}

// rest notes what a process that has less to do than before can do now.
func (k *child) rest() {
	if len(k.sent) > 0 {
		return
	}
	if t := k.host.trial; t != nil && t.over() {
		k.host.trial = nil
	}
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

// add takes an event in.
func (h *Host) add(c *call) error {
	if err := h.tooLarge(c); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	if known := h.marked[c.event.Id]; known != nil {
		return h.addSuspect(c, known)
	}
	h.waiting.push(c)
	h.wake()
	return nil
}

// wake has the current process look for work.
func (h *Host) wake() {
	if h.current != nil {
		h.current.signal()
	}
}

// withdraw takes an event back because its caller cannot wait any longer.
func (h *Host) withdraw(c *call, why error) (*proto.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-c.done:
		return c.outcome()
	default:
	}
	if c.with != nil {
		c.with.giveUp(c)
	} else {
		h.remove(c)
	}
	return nil, why
}

// giveUp stops waiting for the answer to an event, and tells the plugin.
func (k *child) giveUp(c *call) {
	delete(k.sent, c.event.Seq)
	k.lingering[c.event.Seq] = c
	if c.overdue.IsZero() {
		c.overdue = time.Now()
		k.cancelled = append(k.cancelled, c.event.Seq)
		k.signal()
	}
	k.rest()
}

// remove takes a call that is not sent out of the lists.
func (h *Host) remove(c *call) bool {
	found := false
	is := func(other *call) bool {
		found = found || other == c
		return other == c
	}
	h.waiting.removeIf(is)
	h.trial.removeIf(is)
	h.cell = slices.DeleteFunc(h.cell, is)
	return found
}

// hasten says that the flow of an event stops: it is not to wait for a process that is
// still to be started.
func (h *Host) hasten(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c.stopping = true
	if c.with == nil && (h.current == nil || slices.Contains(h.cell, c)) && h.remove(c) {
		c.finish(nil, pipeline.ErrReturned)
	}
}
