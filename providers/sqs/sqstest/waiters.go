package sqstest

import linked "container/list"

// waiters are the receives that poll for a message, the one that waits longest
// first.
type waiters struct{ l linked.List }

// waiter is a receive that polls. Whoever is woken takes what there is and wakes
// the next one if there is more, or has to pass on the wake.
type waiter struct {
	woken chan struct{}
	at    *linked.Element // nil once it is woken
}

func (w *waiters) join() *waiter {
	me := &waiter{woken: make(chan struct{})}
	me.at = w.l.PushBack(me)
	return me
}

func (w *waiters) wakeOne() {
	if first := w.l.Front(); first != nil {
		me := w.l.Remove(first).(*waiter)
		me.at = nil
		close(me.woken)
	}
}

func (w *waiters) wakeAll() {
	for w.l.Len() > 0 {
		w.wakeOne()
	}
}

// leave returns whether the waiter had been woken.
func (w *waiters) leave(me *waiter) (woken bool) {
	if me.at == nil {
		return true
	}
	w.l.Remove(me.at)
	me.at = nil
	return false
}
