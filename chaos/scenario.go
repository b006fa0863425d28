package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// scenario is a way to disturb the replicas.
type scenario struct {
	name     string
	expected bool // that something is lost or out of order: it shows what other ways cost
	// disturb is called again and again, after pauses of every, while events are sent.
	disturb func(*rig)
	every   func(options) time.Duration

	state      string // of each replica, instead of the Redis they share
	dedupe     string // instead of the dedupe stage
	queueFails int    // of a hundred calls
	sink       sinkTrouble

	forgets bool // Redis loses its memory: copies of what was delivered before are delivered again
	sleeps  bool // a process that was taken for dead wakes up
}

// sinkTrouble is what is wrong with the receiver.
type sinkTrouble struct {
	slow          time.Duration // at most
	refuses       int           // of a hundred events before it has recorded them
	forgetsToSay  int           // of a hundred events, after it has recorded them
	recordsAndCut int           // of a hundred events, after which it cuts the connection
}

func often(o options) time.Duration  { return o.every }
func seldom(o options) time.Duration { return o.outageEvery }

var scenarios = []scenario{
	{name: "none"},
	{name: "kill", disturb: (*rig).killOne, every: often},
	{name: "stop", disturb: (*rig).stopOne, every: often, sleeps: true},
	{name: "redis-restart", disturb: (*rig).restartRedis, every: seldom, forgets: true},
	{name: "redis-away", disturb: (*rig).pauseRedis, every: seldom},
	{name: "failing-sink", sink: sinkTrouble{slow: 30 * time.Millisecond, refuses: 3, forgetsToSay: 2, recordsAndCut: 1}},
	{name: "clean-restart", disturb: (*rig).replaceOne, every: often},
	{name: "failing-queue", queueFails: 5},
	{name: "kill-memory", expected: true, disturb: (*rig).killOne, every: often, state: "memory: {}"},
	{name: "kill-early", expected: true, disturb: (*rig).killOne, every: often, dedupe: earlyName},
}

func names() (all []string) {
	for _, s := range scenarios {
		all = append(all, s.name)
	}
	return all
}

func choose(text string) (chosen []scenario, err error) {
	if text == "all" {
		return scenarios, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		i := slices.Index(names(), name)
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q: choose among %s", name, strings.Join(names(), ", "))
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}
