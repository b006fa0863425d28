package listener

import "time"

// CloseGrace is how long [Listener.Close] waits for events to be settled. The engine
// closes a source after they are, or after it has given up on them.
const CloseGrace = 5 * time.Second

// end waits for the stop, then closes the door first and the server once what
// has entered is settled and the requests under way have their answers.
func (l *Listener) end(unwatch func() bool) {
	defer close(l.done)
	defer l.giveUp()
	<-l.stopping
	unwatch()
	l.door.close()
	l.door.inside.Wait()
	if l.Server.Shutdown(l.waiting) != nil {
		_ = l.Server.Close()
	}
}

func (l *Listener) stop(err error) {
	l.stopOnce.Do(func() {
		l.err = err
		close(l.stopping)
	})
}

func (l *Listener) stopped() bool {
	select {
	case <-l.stopping:
		return true
	default:
		return false
	}
}

// Close stops the source and returns when all requests have their answers. Those
// whose messages are not settled in time get 503, though the flow may yet settle
// them.
func (l *Listener) Close() error {
	l.mu.Lock()
	l.stop(nil)
	subscribed := l.listener != nil
	l.mu.Unlock()
	if !subscribed {
		return nil
	}
	defer l.o.AfterFunc(CloseGrace, l.giveUp)()
	<-l.done
	return nil
}
