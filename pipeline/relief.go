package pipeline

import "sync"

// relief makes room in a group of finite flows whose input would otherwise never be
// read on: the clock of what is held there stands still with it. It is wanted only
// when no event is under way any longer, for what is under way makes room by itself.
// So a slow or absent sink has nothing let go early.
type relief struct {
	limits   []*limits // of all linked flows
	stopping func() bool
	holders  []func(n int) int // see [Env.OnFull]

	mu sync.Mutex // held while room is made
}

// share is the part of what is held that goes at a time. One by one they would go
// through the rest of the flow one by one, too.
const share = 8

// relieve makes room, should there be none and nothing that will make some.
func (l *limits) relieve() {
	if l.relief != nil && l.underWay.Load() == 0 && l.relief.full() {
		l.relief.makeRoom()
	}
}

// full reports whether one of the flows is: its events may be held in any of them.
func (r *relief) full() bool {
	for _, l := range r.limits {
		if l.isFull.Load() {
			return true
		}
	}
	return false
}

func (r *relief) makeRoom() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopping() || !r.stands() || !r.full() {
		return // somebody else was here before
	}
	n := max(1, r.held()/share)
	for _, letGo := range r.holders {
		if n -= letGo(n); n <= 0 {
			return
		}
	}
}

// stands reports whether nothing is under way. What has just left may have let others go,
// and a holder not yet have taken that in.
func (r *relief) stands() bool {
	for _, letGo := range r.holders {
		letGo(0)
	}
	return r.limits[0].underWay.Load() == 0
}

func (r *relief) held() (n int) {
	for _, l := range r.limits {
		_, held := l.counts()
		n += held
	}
	return n
}
