package redis

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"log/slog"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/state/statetest"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

func TestState(t *testing.T) {
	url := testservers.RedisURL(t)
	statetest.Run(t, statetest.Subject{
		Persists: true, LastCounts: true,
		Open: func(t testing.TB, folder string, clock pipeline.Clock) (pipeline.State, func() error) {
			s := opened(t, url, prefixOf(folder), clock)
			return s, s.close
		},
		Pass: func(t testing.TB, folder string, d time.Duration) { pass(t, url, prefixOf(folder), d) },
	})
}

// prefixOf is one that no other test uses.
func prefixOf(folder string) string {
	return "test:" + filepath.Base(filepath.Dir(folder)) + filepath.Base(folder)
}

func settings(url, prefix string) Config {
	c := State.Defaults.(Config)
	c.URL, c.Prefix = conf.Secret(url), prefix
	return c
}

// opened is a store of a replica that runs.
func opened(t testing.TB, url, prefix string, clock pipeline.Clock) *store {
	t.Helper()
	return openedWith(t, settings(url, prefix), clock)
}

func openedWith(t testing.TB, c Config, clock pipeline.Clock) *store {
	t.Helper()
	s, err := newStore(c, clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	return s
}

// pass has everything but sessions expire earlier.
func pass(t testing.TB, url, prefix string, d time.Duration) {
	t.Helper()
	client, err := redisapi.Open(redisapi.Settings{URL: conf.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const script = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':1:*')) do
	if not string.find(key, ':1:s:', 1, true) then
		local left = redis.call('PTTL', key) - ARGV[2] + 500 -- the server's clock runs on meanwhile
		if left > 0 then redis.call('PEXPIRE', key, left) else redis.call('DEL', key) end
	end
end`
	err = client.Eval(context.Background(), script, nil, strings.NewReplacer("[", `\[`, "*", `\*`).Replace(prefix), d.Milliseconds()).Err()
	if err != nil && err.Error() != "redis: nil" {
		t.Fatal(err)
	}
}
