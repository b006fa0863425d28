package enrich

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/testservers"
)

// redisFlow starts a flow that looks for t.Name():code.
func redisFlow(t *testing.T, url, read, rest string) *live {
	t.Helper()
	settings := fmt.Sprintf("redis: {url: '${REDIS_URL}', key: '%s:{body.code}', read: %s}%s", t.Name(), read, rest)
	return start(t, settings, map[string]string{"REDIS_URL": url})
}

// store carries out a command for a key of this test.
func store(t *testing.T, url, command, code string, args ...any) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	if err := c.Do(t.Context(), append([]any{command, t.Name() + ":" + code}, args...)...).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestAHashBecomesAnObjectOfTexts(t *testing.T) {
	url := testservers.RedisURL(t)
	store(t, url, "hset", "OSL", "name", `Alna"bru`, "city", "Oslo", "zip", "0668")
	flow := redisFlow(t, url, "hash", "")
	flow.wants("OSL", `{"code":"OSL","station":{"city":"Oslo","name":"Alna\"bru","zip":"0668"}}`)
	flow.wants("BGO", station("BGO"))
}

func TestAStringBecomesAText(t *testing.T) {
	url := testservers.RedisURL(t)
	store(t, url, "set", "OSL", "Alnabru\n7")
	store(t, url, "set", "empty", "")
	flow := redisFlow(t, url, "string", "")
	flow.wants("OSL", `{"code":"OSL","station":"Alnabru\n7"}`)
	flow.wants("empty", `{"code":"empty","station":""}`)
	flow.wants("BGO", station("BGO"))
}

func TestJSONGoesInAsItIsStored(t *testing.T) {
	url := testservers.RedisURL(t)
	const stored = `{"n": 1.50,  "long":12345678901234567890, "u":"\u00e5"}`
	store(t, url, "set", "OSL", stored)
	flow := redisFlow(t, url, "json", "")
	flow.wants("OSL", `{"code":"OSL","station":`+stored+`}`)
	flow.wants("BGO", station("BGO"))
}

func TestValuesThatCannotBeReadAreDeadLetters(t *testing.T) {
	url := testservers.RedisURL(t)
	for _, c := range []struct {
		read, command string
		args          []any
		want          string
	}{
		{"hash", "set", []any{"x"}, "what is stored there is of another type: set read, which is hash, to what it is"},
		{"string", "hset", []any{"a", "b"}, "what is stored there is of another type: set read, which is string, to what it is"},
		{"json", "lpush", []any{"a"}, "what is stored there is of another type"},
		{"json", "set", []any{`{"a":1`}, "the text is not JSON: unexpected end of input"},
		{"json", "set", []any{`1 2`}, "the text is not JSON"},
		{"json", "set", []any{``}, "the text is not JSON: empty input"},
		{"json", "set", []any{strings.Repeat("[", 65) + strings.Repeat("]", 65)}, "nested deeper than 64 levels"},
		{"string", "set", []any{"\xff"}, "the text is not UTF-8"},
		{"hash", "hset", []any{"a", "\xff"}, `the field \"a\" is not UTF-8`},
	} {
		t.Run(c.read, func(t *testing.T) {
			store(t, url, c.command, "OSL", c.args...)
			flow := redisFlow(t, url, c.read, "")
			flow.Feed.Send("1", station("OSL"))
			if got := flow.next(flow.dead); !strings.Contains(got, c.want) || !strings.Contains(got, t.Name()+`:OSL\": `) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAnEmptyValueInAKeyIsAMiss(t *testing.T) {
	url := testservers.RedisURL(t)
	store(t, url, "set", "", "of nobody")
	redisFlow(t, url, "string", "").wants("", station(""))
}

func TestValuesThatAreTooLargeStayInRedis(t *testing.T) {
	url := testservers.RedisURL(t)
	long := strings.Repeat("x", 101)
	for _, c := range []struct {
		read, command string
		args          []any
	}{
		{"string", "set", []any{long}},
		{"json", "set", []any{`"` + long + `"`}},
		{"hash", "hset", []any{"a", long}},
		{"hash", "hset", []any{long, ""}},
		{"hash", "hset", []any{"a", long[:50], "b", long[:50]}},
	} {
		t.Run(c.read, func(t *testing.T) {
			store(t, url, c.command, "OSL", c.args...)
			flow := redisFlow(t, url, c.read+", max_value: 100B", "")
			flow.Feed.Send("1", station("OSL"))
			if got := flow.next(flow.dead); !strings.Contains(got, "larger than max_value, which is 100B") {
				t.Error(got)
			}
		})
	}
	store(t, url, "set", "most", long[:100])
	redisFlow(t, url, "string, max_value: 100B", "").wants("most", `{"code":"most","station":"`+long[:100]+`"}`)
	store(t, url, "hset", "fields", "a", long[:49], "b", long[:49])
	redisFlow(t, url, "hash, max_value: 100B", "").wants("fields", fmt.Sprintf(`{"code":"fields","station":{"a":%q,"b":%[1]q}}`, long[:49]))
}

func TestEventsWaitWhileRedisIsAway(t *testing.T) {
	server := testservers.StartRedis(t)
	store(t, server.URL(), "set", "OSL", "Alnabru")
	flow := redisFlow(t, server.URL(), "string", "")
	flow.wants("OSL", `{"code":"OSL","station":"Alnabru"}`)
	server.Kill()
	flow.wants("OSL", `{"code":"OSL","station":"Alnabru"}`) // remembered
	sent := flow.Feed.Send("1", station("BGO"))
	if got := flow.next(flow.trouble); !strings.HasPrefix(got, "redis "+server.Address()+": ") || sent.Acked() {
		t.Errorf("%s; settled %v", got, sent.Acked())
	}
	server.Start()
	if got := flow.next(flow.delivered); got != station("BGO") {
		t.Error(got)
	}
	counts(t, flow.Rig, map[string]int64{"misses": 1, "cache_hits": 1})
}

func TestARedisThatComesBackEmptyHasNothing(t *testing.T) {
	server := testservers.StartRedis(t)
	store(t, server.URL(), "set", "OSL", "Alnabru")
	flow := redisFlow(t, server.URL(), "string", ", cache: {ttl: 0s}")
	flow.wants("OSL", `{"code":"OSL","station":"Alnabru"}`)
	server.Kill()
	server.Start()
	flow.wants("OSL", station("OSL"))
	counts(t, flow.Rig, map[string]int64{"misses": 1, "cache_hits": 0})
}

func TestManyEventsOfManyKeysAtOnce(t *testing.T) {
	url := testservers.RedisURL(t)
	for i := range 20 {
		store(t, url, "set", fmt.Sprint(i), i)
	}
	flow := redisFlow(t, url, "json", ", cache: {ttl: 0s}")
	for i := range 1000 {
		flow.Feed.Send(fmt.Sprint(i), station(fmt.Sprint(i%25)))
	}
	for range 1000 {
		flow.next(flow.delivered)
	}
	counts(t, flow.Rig, map[string]int64{"misses": 200, "lookups_failed": 0})
}

func TestARedisWithoutAnAnswerDoesNotKeepTheFlowFromStopping(t *testing.T) {
	flow := redisFlow(t, "redis://127.0.0.1:1", "hash", ", on_failure: retry")
	sent := flow.Feed.Send("1", station("OSL"))
	flow.next(flow.trouble)
	flow.stopsAndReturns(sent)
}

func TestThePasswordOfRedisIsNotTold(t *testing.T) {
	flow := start(t, "redis: {url: 'redis://user:open-sesame@127.0.0.1:1', key: 'a:{body.code}'}, on_failure: reject", nil)
	flow.Feed.Send("1", station("OSL"))
	if got := flow.next(flow.dead); strings.Contains(got, "sesame") || !strings.Contains(got, "redis 127.0.0.1:1: ") {
		t.Error(got)
	}
}
