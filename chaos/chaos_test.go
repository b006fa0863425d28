package main

import (
	"bytes"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if isReplica() {
		os.Exit(replicaMain())
	}
	os.Exit(m.Run())
}

// small is a run of some fifteen seconds.
func small() options {
	o := standard
	o.events, o.keys, o.span, o.asleep, o.outageEvery = 2_000, 100, 7*time.Second, 4500*time.Millisecond, 4*time.Second
	return o
}

// TestReplicasBehaveAsOne is the short form of make chaos.
func TestReplicasBehaveAsOne(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute or more")
	}
	for _, name := range []string{"kill", "stop", "redis-restart", "redis-away"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := mustRun(t, name)
			for _, p := range r.problems() {
				t.Error(p)
			}
		})
	}
}

func mustRun(t *testing.T, name string) *result {
	t.Helper()
	chosen, err := choose(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run(small(), chosen[0])
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	r.print(&text)
	t.Log(text.String())
	return r
}

// TestOtherWaysCost shows that the checks see what goes wrong where it must.
func TestOtherWaysCost(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute or more")
	}
	t.Run("kill-memory", func(t *testing.T) {
		t.Parallel()
		if r := mustRun(t, "kill-memory"); r.violations == 0 {
			t.Error("replicas that know nothing of each other kept order")
		}
	})
	t.Run("kill-early", func(t *testing.T) {
		t.Parallel()
		if r := mustRun(t, "kill-early"); r.lost == 0 {
			t.Error("events that are noted before they are delivered were not lost")
		}
	})
}
