// Package valve stops what flows, and lets it go on.
package valve

import "sync"

// Valve is open or shut. The zero value is open. It may be used concurrently.
type Valve struct {
	mu   sync.Mutex
	shut chan struct{} // closed while it is shut; nil: nobody has asked
	open chan struct{} // closed while it is open; nil: nobody has asked
	is   bool          // it is shut
}

// Shut shuts it, and reports whether it was open.
func (v *Valve) Shut() bool { return v.turn(true) }

// Open opens it, and reports whether it was shut.
func (v *Valve) Open() bool { return v.turn(false) }

func (v *Valve) turn(shut bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.is == shut {
		return false
	}
	v.make()
	if v.is = shut; shut {
		close(v.shut)
		v.open = make(chan struct{})
	} else {
		close(v.open)
		v.shut = make(chan struct{})
	}
	return true
}

// make makes the channels; it needs the lock.
func (v *Valve) make() {
	if v.shut != nil {
		return
	}
	v.shut, v.open = make(chan struct{}), make(chan struct{})
	if v.is {
		close(v.shut)
	} else {
		close(v.open)
	}
}

// IsShut reports whether it is shut now.
func (v *Valve) IsShut() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.is
}

// WhenShut returns a channel that is closed once the valve is shut. It says nothing of
// later turns: ask again for each wait.
func (v *Valve) WhenShut() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.make()
	return v.shut
}

// WhenOpen is [Valve.WhenShut] for the other way.
func (v *Valve) WhenOpen() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.make()
	return v.open
}
