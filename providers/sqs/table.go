package sqs

import (
	"bytes"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// entry is a message from its receive until it is deleted or handed back.
type entry struct {
	*received
	key   string
	event *pipeline.Event // what the flow got, nil until then

	// The table's lock guards these.
	settled    bool      // to be deleted
	handedBack bool      // to be made visible
	extending  bool      // in a request of the keeper
	since      time.Time // when the newest receipt was given
	until      time.Time // when the message becomes visible to others again
	ending     int       // failed attempts to delete it

	due          time.Time // when the keeper extends it
	older, newer *entry    // in one of the keeper's lists
	in           *dueList
}

// table knows the messages in flight. A message that comes again while it is
// there brings a new receipt, and nothing else happens.
type table struct {
	limit  int
	keeper *keeper

	mu      sync.Mutex
	entries map[string]*entry
	full    chan struct{} // closed when there is room; nil while there is
}

func newTable(limit int) *table { return &table{limit: limit, entries: map[string]*entry{}} }

// add takes in what was received. It returns the entries of new messages, and how
// many were in flight already; their receipts have been replaced.
func (t *table) add(messages []*received, now time.Time, visibility time.Duration) (fresh []*entry, again int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range messages {
		key := t.keyOf(m)
		e := t.entries[key]
		if e == nil {
			e = &entry{received: m, key: key}
			t.entries[key] = e
			fresh = append(fresh, e)
		} else {
			e.receipt = m.receipt
			again++
		}
		e.since, e.until = now, now.Add(visibility)
		t.keeper.keep(e, now)
	}
	if len(t.entries) >= t.limit && t.full == nil {
		t.full = make(chan struct{})
	}
	return fresh, again
}

// keyOf is the message's id. Services that imitate SQS may have none, or use one
// twice: another body under the same name is another message.
func (t *table) keyOf(m *received) string {
	if m.id == "" {
		return m.receipt
	}
	if e := t.entries[m.id]; e != nil && !bytes.Equal(e.body, m.body) {
		hash := sha256.Sum256(m.body)
		return m.id + "\x00" + string(hash[:])
	}
	return m.id
}

// forget takes a message out. If it comes again it is a new one.
func (t *table) forget(entries ...*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		if t.entries[e.key] == e {
			delete(t.entries, e.key)
		}
	}
	if t.full != nil && len(t.entries) < t.limit {
		close(t.full)
		t.full = nil
	}
}

// room returns nil when another message may be received, else a channel that
// closes when one may.
func (t *table) room() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.full
}

// settle notes that a message is to be deleted. It is extended no more.
func (t *table) settle(e *entry) {
	t.mu.Lock()
	e.settled = true
	e.unlink()
	t.mu.Unlock()
}

// receipts returns the newest receipts of messages.
func (t *table) receipts(entries []*entry) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.receipt
	}
	return out
}

// failed counts a failed attempt for each and returns the largest number of them.
func (t *table) failed(entries []*entry) (most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		e.ending++
		most = max(most, e.ending)
	}
	return most
}

// rest returns the messages that the flow has not settled.
func (t *table) rest() (entries []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.entries {
		if !e.settled {
			entries = append(entries, e)
		}
	}
	return entries
}
