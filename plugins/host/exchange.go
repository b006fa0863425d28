package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

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
			if err := k.stream.SendMsg(work); err != nil {
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
		var message wire.Frame
		if err := k.stream.RecvMsg(&message); err != nil {
			return k.broken(err)
		}
		results, err := readResults(message.Bytes)
		if err == nil {
			err = k.host.settle(k, results)
		}
		if err != nil {
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
func (h *Host) take(k *child) *wire.Frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k.died {
		return nil
	}
	batch, size := h.pick(k)
	k.sending = time.Time{}
	if len(batch) == 0 && len(k.cancelled) == 0 {
		return nil
	}
	work := wire.Buffer(size + wire.AroundEvent*(len(batch)+len(k.cancelled)))
	for _, c := range batch {
		work = wire.AppendEvent(work, c.seq, c.body)
	}
	work = wire.AppendCancelled(work, k.cancelled)
	k.cancelled, k.sending = nil, time.Now()
	return &wire.Frame{Bytes: work}
}

// pick chooses the next events for a process, as many as fit into a message, and notes
// that it has them.
func (h *Host) pick(k *child) (batch []*call, size int) {
	from, now := h.source(k), time.Now()
	for from.len() > 0 && k.credits > 0 && len(k.sent) < most {
		if size += len(from.calls[from.first].body); size > maxBatch && len(batch) > 0 {
			break
		}
		c := from.pop()
		h.seq++
		c.seq, c.sent, c.with = h.seq, now, k
		k.sent[h.seq] = c
		k.credits--
		batch = append(batch, c)
	}
	return batch, size
}

// source is the list that a process gets its next events from.
func (h *Host) source(k *child) *queue {
	if k.retiring || k != h.current {
		return &queue{}
	}
	if len(k.sent) == 0 {
		h.reopen()
	}
	if h.trial != nil {
		return h.trial.next(k)
	}
	return &h.waiting
}

// settle gives the events of an answer back. An error says that the plugin cannot be
// believed any more.
func (h *Host) settle(k *child, results *proto.Results) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.given.gather()
	defer h.given.goOn()
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
	if !c.overdue.IsZero() {
		// Its handler may have stopped half way, and returned whatever it had.
		c.finish(nil, k.host.tooLong(c))
		return nil
	}
	c.finish(r, nil)
	return nil
}
