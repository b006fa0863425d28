package redisstream

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// A server whose password was changed refuses connections: what it was not given is not in
// the stream.
func TestAnEventIsNotSettledWhereConnectionsAreRefused(t *testing.T) {
	server := testservers.StartRedis(t)
	yaml := fmt.Sprintf("version: 1\nflows: {f: {from: feed, stages: [identify: {id: body.n}], to: stream}}\nsinks: {stream: {redisstream: {url: %q, stream: s}}}\n", server.URL())
	rig := flowtest.Start(t, yaml, flowtest.Options{Catalog: ours()})
	first := rig.Feed.Send("1", `{"n":1}`)
	eventually(t, "the first event is settled", first.Acked)
	o := redis.NewClient(&redis.Options{Addr: server.Address(), PoolSize: 1})
	t.Cleanup(func() { _ = o.Close() })
	for _, command := range [][]any{{"config", "set", "requirepass", "other"}, {"client", "kill", "type", "normal", "skipme", "yes"}} {
		if err := o.Do(t.Context(), command...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	second := rig.Feed.Send("2", `{"n":2}`)
	eventually(t, "the sink has failed", func() bool {
		flows := rig.Pipeline.Health().Flows
		return second.Acked() || len(flows[0].Reasons) > 0
	})
	if second.Acked() {
		t.Error("it is settled, and nowhere")
	}
	if err := o.ConfigSet(t.Context(), "requirepass", "").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second event is settled", second.Acked)
	if n := o.XLen(t.Context(), "s").Val(); n != 2 {
		t.Errorf("%d entries", n)
	}
}
