package sqs

import "time"

// dueList is a list of entries by when they are due.
type dueList struct{ oldest, newest *entry }

// insert puts an entry in its place, which is at the end or near it.
func (l *dueList) insert(e *entry, due time.Time) {
	after := l.newest
	for after != nil && after.due.After(due) {
		after = after.older
	}
	e.due, e.older, e.in = due, after, l
	if after == nil {
		e.newer, l.oldest = l.oldest, e
	} else {
		e.newer, after.newer = after.newer, e
	}
	if e.newer == nil {
		l.newest = e
	} else {
		e.newer.older = e
	}
}

// unlink takes an entry out of the list that it is in, if any.
func (e *entry) unlink() {
	l := e.in
	if l == nil {
		return
	}
	if e.older == nil {
		l.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		l.newest = e.older
	} else {
		e.newer.older = e.older
	}
	e.older, e.newer, e.in = nil, nil, nil
}

// take unlinks the entries that are due at a time and appends them to due.
func (l *dueList) take(at time.Time, due []*entry) []*entry {
	for e := l.oldest; e != nil && !e.due.After(at); e = l.oldest {
		e.unlink()
		due = append(due, e)
	}
	return due
}

func (l *dueList) clear() {
	for l.oldest != nil {
		l.oldest.unlink()
	}
}
