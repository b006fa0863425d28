package checks

import (
	"strconv"
	"testing"
)

var fifo = map[string]string{"FifoQueue": "true", "VisibilityTimeout": "600"}

// inGroups sends messages "a1", "b1", ... whose first letter is their group.
func inGroups(t *testing.T, c client, url string, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		mustSend(t, c, url, message{body: b, group: b[:1], dedup: b})
	}
}

var fifoChecks = []check{
	{"FIFO: keeps the order of a group", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		for i := range 5 {
			inGroups(t, c, url, "a"+strconv.Itoa(i))
		}
		for i := range 5 {
			got := mustReceiveOne(t, c, url)
			if got.body != "a"+strconv.Itoa(i) {
				t.Errorf("%q came as number %d", got.body, i)
			}
			if err := c.remove(t.Context(), url, got.handle); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{"FIFO: gives out several messages of a group at once", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		inGroups(t, c, url, "a1", "b1", "a2", "b2", "a3")
		wantBodies(t, mustReceive(t, c, url, ten), "a1", "a2", "a3", "b1", "b2")
	}},
	{"FIFO: holds a group back while one of its messages is in flight", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		inGroups(t, c, url, "a1", "a2", "b1")
		first := mustReceiveOne(t, c, url)
		wantBodies(t, await(t, c, url), "b1")
		wantBodies(t, mustReceive(t, c, url, ten))
		if err := c.remove(t.Context(), url, first.handle); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, ten), "a2")
	}},
	{"FIFO: gives a message back to its place", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		inGroups(t, c, url, "a1", "a2", "a3")
		if err := c.hide(t.Context(), url, mustReceiveOne(t, c, url).handle, 0); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, await(t, c, url), "a1")
	}},
	{"FIFO: takes a message once within five minutes", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		first := mustSend(t, c, url, message{body: "x", group: "a", dedup: "1"})
		second := mustSend(t, c, url, message{body: "y", group: "b", dedup: "1"})
		if first.id != second.id {
			t.Errorf("ids %s and %s", first.id, second.id)
		}
		wantBodies(t, mustReceive(t, c, url, ten), "x")
	}},
	{"FIFO: knows a message by its body if the queue says so", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
		mustSend(t, c, url, message{body: "x", group: "a"})
		mustSend(t, c, url, message{body: "x", group: "a"})
		mustSend(t, c, url, message{body: "y", group: "a"})
		wantBodies(t, mustReceive(t, c, url, ten), "x", "y")
	}},
	{"FIFO: numbers messages in order", func(t *testing.T, c client) {
		url := newQueue(t, c, fifo)
		one := mustSend(t, c, url, message{body: "x", group: "a", dedup: "1"})
		two := mustSend(t, c, url, message{body: "y", group: "a", dedup: "2"})
		if len(one.sequence) != 20 || one.sequence >= two.sequence {
			t.Errorf("%q, then %q", one.sequence, two.sequence)
		}
		got := mustReceiveOne(t, c, url)
		if got.system["SequenceNumber"] != one.sequence || got.system["MessageGroupId"] != "a" || got.system["MessageDeduplicationId"] != "1" {
			t.Errorf("system attributes %v", got.system)
		}
	}},
	{"FIFO: takes no message without a group", func(t *testing.T, c client) {
		_, err := c.send(t.Context(), newQueue(t, c, fifo), message{body: "x", dedup: "1"})
		wantCode(t, err, "MissingParameter")
	}},
	{"FIFO: takes no message that it could not know again", func(t *testing.T, c client) {
		_, err := c.send(t.Context(), newQueue(t, c, fifo), message{body: "x", group: "a"})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"FIFO: takes no delay for a message", func(t *testing.T, c client) {
		_, err := c.send(t.Context(), newQueue(t, c, fifo), message{body: "x", group: "a", dedup: "1", delay: 5})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"FIFO: keeps the order of a batch", func(t *testing.T, c client) {
		url, all := newQueue(t, c, fifo), entries(5, "")
		for i := range all {
			all[i].body, all[i].group, all[i].dedup = strconv.Itoa(i), "a", strconv.Itoa(i)
		}
		if _, bad, err := c.sendBatch(t.Context(), url, all); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
		wantBodies(t, mustReceive(t, c, url, ten), "0", "1", "2", "3", "4")
	}},
}
