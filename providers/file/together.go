package file

import (
	"errors"
	"sync"
)

// together has lines that come while one is being written go into the file with one call
// afterwards.
type together struct {
	mu     sync.Mutex
	busy   bool // somebody writes, or is about to
	queue  []*waiting
	spare  []*waiting // an empty one
	joined []byte     // the lines of a call; whoever writes has it
}

// waiting is a line whose caller waits.
type waiting struct {
	line []byte
	err  error
	lead bool          // it is the caller's turn to write
	wake chan struct{} // has a value when the line is written, or it is the caller's turn
}

var waitings = sync.Pool{New: func() any { return &waiting{wake: make(chan struct{}, 1)} }}

// mostJoined is how many bytes of lines are written with one call, unless a single one
// has more.
const mostJoined = 256 << 10

// appendTogether writes a line, alone or with others.
func (a *appender) appendTogether(line []byte) error {
	w := waitings.Get().(*waiting)
	w.line, w.err, w.lead = line, nil, false
	if a.lines.enter(w) || a.lines.wait(w) {
		a.lead()
	}
	err := w.err
	w.line = nil
	waitings.Put(w)
	return err
}

// enter puts a line into the queue; true: it is its caller's turn to write.
func (t *together) enter(w *waiting) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = append(t.queue, w)
	first := !t.busy
	t.busy = true
	return first
}

// wait returns false once the line is written, and true when it is its caller's turn.
func (t *together) wait(w *waiting) bool {
	<-w.wake
	return w.lead
}

// lead writes the lines at the head of the queue, of which the first is the caller's own,
// and passes the turn on.
func (a *appender) lead() {
	batch := a.lines.take()
	a.mu.Lock()
	a.writeAll(batch)
	a.mu.Unlock()
	for _, w := range batch[1:] {
		w.wake <- struct{}{}
	}
	a.lines.pass(batch)
}

// take removes the lines of one call from the queue. They are given back with [together.pass].
func (t *together) take() []*waiting {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, size := 0, 0
	for n < len(t.queue) && (n == 0 || size+len(t.queue[n].line) <= mostJoined) {
		size += len(t.queue[n].line)
		n++
	}
	batch := t.queue[:n:n]
	t.queue, t.spare = append(t.spare[:0], t.queue[n:]...), nil
	return batch
}

// pass gives the turn to the next one, if there is any. The batch is used again.
func (t *together) pass(batch []*waiting) {
	clear(batch)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spare = batch
	if len(t.queue) == 0 {
		t.busy = false
		return
	}
	t.queue[0].lead = true
	t.queue[0].wake <- struct{}{}
}

// writeAll appends lines and notes for each whether it is in the file. A part of one is
// taken back.
func (a *appender) writeAll(batch []*waiting) {
	n, err := a.writeText(a.lines.join(batch))
	if err == nil {
		return
	}
	whole := 0
	for _, w := range batch {
		if whole+len(w.line) <= n {
			whole += len(w.line)
			continue
		}
		if piece := n - whole; piece > 0 && a.regular {
			a.torn = a.lastPiece(piece)
			err = errors.Join(err, a.takeBack())
		}
		n, w.err = whole, err
	}
}

// join returns the lines as one text.
func (t *together) join(batch []*waiting) []byte {
	if len(batch) == 1 {
		return batch[0].line
	}
	t.joined = t.joined[:0]
	for _, w := range batch {
		t.joined = append(t.joined, w.line...)
	}
	return t.joined
}

// writeText returns how much of it is in the file.
func (a *appender) writeText(text []byte) (n int, err error) {
	if err := a.takeBack(); err != nil {
		return 0, err
	}
	if err := a.followRename(); err != nil {
		return 0, err
	}
	return a.f.Write(text)
}
