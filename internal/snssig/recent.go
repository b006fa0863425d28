package snssig

import "container/list"

// recent is a map that remembers so many keys, those that were used last. It
// belongs to whoever holds the lock of its owner.
type recent[V any] struct {
	size  int
	byKey map[string]*list.Element
	order list.List // of *remembered[V], the last used first
}

type remembered[V any] struct {
	key   string
	value V
}

func newRecent[V any](size int) *recent[V] {
	return &recent[V]{size: size, byKey: map[string]*list.Element{}}
}

// get returns a value, and whether there is one, which then counts as used.
func (r *recent[V]) get(key string) (value V, ok bool) {
	at, ok := r.byKey[key]
	if !ok {
		return value, false
	}
	r.order.MoveToFront(at)
	return at.Value.(*remembered[V]).value, true
}

// set remembers a value, and forgets the one used longest ago if there is no
// room for it.
func (r *recent[V]) set(key string, value V) {
	if at, ok := r.byKey[key]; ok {
		at.Value.(*remembered[V]).value = value
		r.order.MoveToFront(at)
		return
	}
	r.byKey[key] = r.order.PushFront(&remembered[V]{key, value})
	if r.order.Len() > r.size {
		r.forget(r.order.Back().Value.(*remembered[V]).key)
	}
}

func (r *recent[V]) forget(key string) {
	if at, ok := r.byKey[key]; ok {
		r.order.Remove(at)
		delete(r.byKey, key)
	}
}
