package file

import "errors"

// write writes what is in the queue until that is empty.
func (a *appender) write() {
	for {
		l, ok := a.queue.take()
		if !ok {
			return
		}
		a.mu.Lock()
		n, err := a.writeLines(l)
		a.mu.Unlock()
		a.unused(len(l.owners))
		for i, o := range l.owners {
			if i < n {
				o.Settle(nil)
			} else {
				o.Settle(err)
			}
		}
		a.queue.done(l)
	}
}

// writeLines returns how many lines are in the file, and with fsync on the disk. A part of
// one is taken back.
func (a *appender) writeLines(l batch) (whole int, err error) {
	n, err := a.writeText(l.text)
	for whole < len(l.ends) && l.ends[whole] <= n {
		whole++
	}
	if piece := n - l.start(whole); piece > 0 && a.regular {
		a.torn = a.lastPiece(piece)
		err = errors.Join(err, a.takeBack())
	}
	if a.fsync && whole > 0 {
		if syncErr := a.f.Sync(); syncErr != nil {
			return 0, errors.Join(err, syncErr)
		}
	}
	return whole, err
}

// start is where a line begins.
func (l *batch) start(i int) int {
	if i == 0 {
		return 0
	}
	return l.ends[i-1]
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
