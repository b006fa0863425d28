//go:build unix

package enrich

import (
	"testing"

	"github.com/leat-io/leat/internal/testservers"
)

func TestEventsGoBackWhenTheFlowStopsBeforeRedisAnswers(t *testing.T) {
	server := testservers.StartRedis(t)
	server.Pause()
	flow := redisFlow(t, server.URL(), "hash", "")
	sent := flow.Feed.Send("1", station("OSL"))
	flow.until("an event is under way", func() bool { return flow.Pipeline.Stats().InFlight > 0 })
	flow.stopsAndReturns(sent)
	server.Resume()
}
