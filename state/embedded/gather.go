package embedded

import "time"

// A transaction costs two waits for the disk, however many records it has. Under load the
// writer is back before many wait again, and would write few at a time; so it waits for as
// many as lately, no longer than the disk has just taken. Where few come, nobody waits.
const (
	gatherAtMost = 2 * time.Millisecond
	fewCommits   = 8
)

// pace is what transactions were like lately.
type pace struct {
	commits int           // as many as can be hoped for
	took    time.Duration // the last one
}

// see takes in how many commits a transaction had. So who comes alone after many waits once.
func (p *pace) see(commits int) {
	if p.commits = max(commits, p.commits*9/10); commits < fewCommits {
		p.commits = 0
	}
}

// gather waits until there is enough for a transaction. It goes by the time of the machine,
// as the disk does.
func (q *queue) gather(lately pace) {
	if !q.want(lately.commits) {
		return
	}
	timer := time.NewTimer(min(lately.took, gatherAtMost))
	defer timer.Stop()
	select {
	case <-q.enough:
	case <-timer.C:
	}
	q.want(0)
}

// want says how many commits are wanted, and reports whether to wait for them.
func (q *queue) want(n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wanted = n
	select {
	case <-q.enough:
	default:
	}
	return !q.closed && q.waiting() < n
}

// tellEnough is called with each commit, and at the close.
func (q *queue) tellEnough() {
	if q.wanted == 0 || !q.closed && q.waiting() < q.wanted {
		return
	}
	select {
	case q.enough <- struct{}{}:
	default:
	}
}

// waiting is how many commits the next transaction takes.
func (q *queue) waiting() int {
	if len(q.batches) == 0 {
		return 0
	}
	return len(q.batches[0].records)
}
