// Package checks is what a server has to do to pass for SQS, as a list of checks
// that are run against one: our double, servers of others, or the real thing.
//
// A check is written once, for both protocols. In JSON it goes through the AWS
// SDK, so that what passes is what the SDK understands; the query protocol, which
// the SDK has forgotten, is spoken by a few lines in this package.
package checks

import (
	"slices"
	"sync"
	"testing"
)

// Target is a server to check.
type Target struct {
	// URL is its endpoint.
	URL string
	// Query has the checks speak the query protocol instead of JSON.
	Query bool
	// SNS tells that there is an SNS at the same address.
	SNS bool
	// Deviations are checks that the server is known not to pass, by name, each
	// with a sentence on what it does instead. They are skipped.
	Deviations map[string]string
}

// check is one behaviour. Its name completes "the server ...".
type check struct {
	name string
	run  func(t *testing.T, c client)
}

// Run runs all checks against the target, each as a subtest. The queues that it
// makes have names of their own and are not removed. A deviation that names no check
// is an error, so that the list cannot go stale.
func Run(t *testing.T, target Target) {
	t.Helper()
	all := slices.Concat(queueChecks, sendChecks, receiveChecks, deleteChecks, visibilityChecks, batchChecks, fifoChecks)
	if target.SNS {
		all = slices.Concat(all, topicChecks)
	}
	for name := range target.Deviations {
		if !slices.ContainsFunc(all, func(c check) bool { return c.name == name }) {
			t.Errorf("the deviation %q names no check", name)
		}
	}
	// Most of a check is waiting, so that many run at once, whatever -parallel says.
	var running sync.WaitGroup
	slots := make(chan struct{}, 16)
	for _, c := range all {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(c.name, func(t *testing.T) { target.run(t, c) })
		})
	}
	running.Wait()
}

func (target Target) run(t *testing.T, c check) {
	if why, known := target.Deviations[c.name]; known {
		t.Skipf("known deviation: %s", why)
	}
	c.run(t, target.client(t))
}

// Names are the names of all checks, for writing a list of deviations.
func Names() (names []string) {
	for _, c := range slices.Concat(queueChecks, sendChecks, receiveChecks, deleteChecks, visibilityChecks, batchChecks, fifoChecks, topicChecks) {
		names = append(names, c.name)
	}
	return names
}
