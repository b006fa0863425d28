// Package samplefeed makes feeds like those of vendors: parcels and orders that each
// move on step by step, whose events then arrive late, out of order, several in a
// message and some of them twice. The same seed makes the same feed.
package samplefeed

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Options says what a feed is like.
type Options struct {
	// Events is how many different ones there are, at least 1.
	Events int
	// Delay is by how many places an event may come late.
	Delay int
	Seed  uint64
}

// Feed is what a vendor sends.
type Feed struct {
	// Messages are in the order in which they are sent.
	Messages []Message
	// Events is how many different events are in them, Copies how many are in them again.
	Events, Copies int
	// OutOfOrder is how many come after a later one of the same parcel or order.
	OutOfOrder int
}

// Message is one message of a feed.
type Message struct {
	Body string
	// Attributes are those of an SNS message.
	Attributes map[string]string
	// Events is how many are in it.
	Events int
}

// vendor writes events in one vendor's shape.
type vendor struct {
	steps []step
	// event writes the i-th of all events, which is the n-th of its parcel or order.
	event func(e event) string
	// message puts events together, at most batch of them.
	message func(events []string) Message
	batch   int
	// noCopies: a copy that was sent by itself cannot be told from another event.
	noCopies bool
}

// step is something that happens to a parcel or order.
type step struct{ code, text string }

// event is one step of one parcel or order.
type event struct {
	step
	i, subject, n int
	at            time.Time
}

var vendors = map[string]vendor{"di": di, "sevensenders": sevenSenders, "spapi": spapi, "mws": mws, "tiki": tiki}

// Vendors returns the vendors that there are feeds of.
func Vendors() []string { return slices.Sorted(maps.Keys(vendors)) }

// Make makes a feed of a vendor.
func Make(name string, o Options) (Feed, error) {
	v, ok := vendors[name]
	if !ok {
		return Feed{}, fmt.Errorf("there is no sample feed of %q", name)
	}
	random := rand.New(rand.NewPCG(o.Seed, 1))
	events := history(random, v.steps, o.Events)
	arrivals := untidy(random, events, o.Delay, !v.noCopies)
	feed := Feed{Events: len(events), Copies: len(arrivals) - len(events), OutOfOrder: outOfOrder(arrivals)}
	for len(arrivals) > 0 {
		n := min(1+random.IntN(v.batch), len(arrivals))
		var texts []string
		for _, e := range arrivals[:n] {
			texts = append(texts, v.event(e))
		}
		m := v.message(texts)
		m.Events = n
		feed.Messages, arrivals = append(feed.Messages, m), arrivals[n:]
	}
	return feed, nil
}

// single is a message of one event.
func single(events []string) Message { return Message{Body: events[0]} }
