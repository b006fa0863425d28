package host

import "time"

// ailment says that there is no process just now.
func (h *Host) ailment() (string, time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.died.IsZero() || h.current != nil || h.closed {
		return "", time.Time{}
	}
	return "is being started again", h.died
}
