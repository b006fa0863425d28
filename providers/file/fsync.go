package file

import (
	"errors"
	"os"
)

// syncGroup is the lines that one fsync covers.
type syncGroup struct {
	done chan struct{}
	err  error
}

// syncAndUnlock waits until the lines written so far are on the disk. Lines that
// are written while an fsync runs share the next one.
func (a *appender) syncAndUnlock() error {
	if g := a.group; g != nil {
		a.mu.Unlock()
		<-g.done
		return g.err
	}
	g := &syncGroup{done: make(chan struct{})}
	a.group = g
	a.mu.Unlock()

	a.syncing <- struct{}{} // the fsync before this one has ended
	defer func() { <-a.syncing }()
	a.mu.Lock()
	a.group = nil // who writes from here on is not covered
	f := a.f
	a.mu.Unlock()
	if err := f.Sync(); !errors.Is(err, os.ErrClosed) { // see syncBeforeClose
		g.err = errors.Join(g.err, err)
	}
	close(g.done)
	return g.err
}

// syncBeforeClose brings the lines to the disk whose fsync would otherwise come
// after the file was changed for another. They fail when it does.
func (a *appender) syncBeforeClose() error {
	if !a.fsync {
		return nil
	}
	err := a.f.Sync()
	if err != nil && a.group != nil {
		a.group.err = err
	}
	return err
}
