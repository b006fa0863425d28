package sqs

// drain deletes what is left, until the subscription's calls end, and returns how
// many were not. What waits for another attempt is tried at once.
func (r *remover) drain() int {
	r.begin()
	select {
	case <-r.empty:
	case <-r.s.calls.Done():
	}
	left := r.end()
	r.working.Wait()
	return left
}

// begin is the beginning of the end.
func (r *remover) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closing = true
	if r.left == 0 {
		r.done = true
		close(r.empty)
		return
	}
	for q := range r.parked {
		q.timer.Stop()
		delete(r.parked, q)
		r.enqueue(q.batch...)
	}
	if n := len(r.pending); n > 0 {
		r.send(n)
	}
}

// end lets nothing more be deleted, and returns how many entries are left.
func (r *remover) end() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
	for q := range r.parked {
		q.timer.Stop()
	}
	return r.left
}
