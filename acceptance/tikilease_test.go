package acceptance

import (
	"fmt"
	"testing"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// TestTK3OnePullerByRedis has two replicas share a real Redis, whose lease one of them gets
// after the other.
func TestTK3OnePullerByRedis(t *testing.T) {
	url := testservers.RedisURL(t)
	s := tikitest.New(t, tikitest.Options{ClientID: "id", ClientSecret: "secret"})
	s.AddQueue("q")
	pushElements(t, s, 0, 150)
	first := replica(t, s, url)
	await(t, "the first delivers", func() bool { return len(first.Recorder.Got("out")) == 150 })
	second := replica(t, s, url)
	pushElements(t, s, 150, 300)
	await(t, "the first goes on", func() bool { return len(first.Recorder.Got("out")) == 300 })
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	pushElements(t, s, 300, 400)
	await(t, "the second takes over", func() bool { return len(second.Recorder.Got("out")) == 100 })
}

func pushElements(t *testing.T, s *tikitest.Server, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if err := s.Push("q", fmt.Sprintf(`{"id":"t-%d","sid":"S","created_at":%d,"payload":{"order_code":"%d"},"type":"ORDER_STATUS_UPDATED","version":"v1"}`, n, 1718180903418+n, n%7)); err != nil {
			t.Fatal(err)
		}
	}
}

func replica(t *testing.T, s *tikitest.Server, redis string) *flowtest.Rig {
	t.Helper()
	return flowtest.Start(t, fmt.Sprintf(`
version: 1
state: {redis: {url: %q, prefix: %q, session_ttl: 3s}}
flows:
  f:
    from: {tiki: {queue: q, client_id: id, client_secret: secret, base_url: %q, token_url: %q, wait: 1s}}
    stages: [dedupe: {}]
    to: out
    on_error: {dead_letter: dead}
sinks: {out: {record: {}}, dead: {record: {}}}
`, redis, t.Name(), s.BaseURL, s.TokenURL), flowtest.Options{Catalog: cli.StandardCatalog()})
}
