package file

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

	a.syncing.Lock() // the fsync before this one has ended
	defer a.syncing.Unlock()
	a.mu.Lock()
	a.group = nil // who writes from here on is not covered
	f := a.f
	a.mu.Unlock()
	g.err = f.Sync()
	close(g.done)
	return g.err
}
