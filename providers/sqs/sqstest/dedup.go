package sqstest

import "time"

// dedupInterval is for how long a FIFO queue knows a message again.
const dedupInterval = 5 * time.Minute

// dedups are the messages a FIFO queue has taken lately, by deduplication id.
type dedups struct {
	known map[string]*message
	order []noted // the oldest first
}

type noted struct {
	key string
	at  int64
}

func newDedups() dedups { return dedups{known: map[string]*message{}} }

// dedupKey is unique in the queue, or in the group where the settings say so. No
// group's name has a space in it.
func dedupKey(set *settings, m *message) string {
	if set.dedupByGroup {
		return m.group + " " + m.dedup
	}
	return m.dedup
}

// find returns the message that m repeats.
func (d *dedups) find(now int64, set *settings, m *message) (*message, bool) {
	for len(d.order) > 0 && d.order[0].at <= now-int64(dedupInterval) {
		delete(d.known, d.order[0].key)
		d.order = d.order[1:]
	}
	before, ok := d.known[dedupKey(set, m)]
	return before, ok
}

func (d *dedups) note(now int64, set *settings, m *message) {
	key := dedupKey(set, m)
	d.known[key] = &message{id: m.id, sequence: m.sequence}
	d.order = append(d.order, noted{key, now})
}
