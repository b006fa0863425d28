package redisstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// sinkFlow is a flow from a feed into a stream.
func (s *redisStream) sinkFlow(settings string) string {
	return fmt.Sprintf("version: 1\nflows: {f: {from: feed, stages: [identify: {id: body.n}], to: stream, on_error: {dead_letter: dead, retry: {backoff: 10ms..100ms}}}}\nsinks: {stream: {redisstream: {url: %q, %s}}, dead: {record: {}}}\n", s.url, settings)
}

func (s *redisStream) named(more string) string { return fmt.Sprintf("stream: %q%s", s.name, more) }

func (s *redisStream) entries() []redis.XMessage {
	s.t.Helper()
	list, err := s.client.XRange(context.Background(), s.name, "-", "+").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestEventsBecomeEntriesInTheOrderOfTheirKey(t *testing.T) {
	s := newStream(t)
	rig := flowtest.Start(t, s.sinkFlow(s.named("")), flowtest.Options{Catalog: ours()})
	var sent []*flowtest.Sent
	for n := range 500 {
		sent = append(sent, rig.Feed.Send(strconv.Itoa(n), fmt.Sprintf(`{"n":%d}`, n)))
	}
	for _, m := range sent {
		eventually(t, "it is settled", m.Acked)
	}
	seen := map[string]bool{}
	for _, e := range s.entries() {
		seen[fmt.Sprint(e.Values[payloadField])] = true
	}
	if len(seen) != 500 {
		t.Errorf("%d different entries, want 500", len(seen))
	}
}

func TestAStreamIsKeptShort(t *testing.T) {
	for settings, most := range map[string]int64{", max_len: 100": 300, ", max_age: 1ns": 300} {
		s := newStream(t)
		rig := flowtest.Start(t, s.sinkFlow(s.named(settings)), flowtest.Options{Catalog: ours()})
		var last *flowtest.Sent
		for n := range 2000 {
			last = rig.Feed.Send(strconv.Itoa(n), fmt.Sprintf(`{"n":%d}`, n))
		}
		eventually(t, "all are settled", func() bool { return last.Acked() && rig.Pipeline.Stats().InFlight == 0 })
		more := 2000
		eventually(t, settings+": old entries are deleted", func() bool { // those of the last millisecond are not old
			rig.Feed.Send(strconv.Itoa(more), "{}")
			more++
			n := s.client.XLen(t.Context(), s.name).Val()
			return 0 < n && n <= most
		})
	}
}

func TestAnEventMayChooseItsStream(t *testing.T) {
	s := newStream(t)
	rig := flowtest.Start(t, s.sinkFlow(fmt.Sprintf(`stream_from: '"%s:" + body.to', label: false`, s.name)), flowtest.Options{Catalog: ours()})
	rig.Feed.Send("1", `{"n":1,"to":"a"}`)
	rig.Feed.Send("2", `{"n":2}`)
	if dead := s.arrived(rig, "dead", 1); !strings.Contains(dead[0].Body, "stream_from gives no stream") {
		t.Errorf("%v", dead)
	}
	eventually(t, "the entry is there", func() bool { return s.client.XLen(t.Context(), s.name+":a").Val() == 1 })
}

func TestAKeyThatHoldsSomethingElseIsNotWrittenTo(t *testing.T) {
	s := newStream(t)
	if err := s.client.Set(t.Context(), s.name, "text", 0).Err(); err != nil {
		t.Fatal(err)
	}
	rig := flowtest.Load(t, s.sinkFlow(s.named("")), flowtest.Options{Catalog: ours()})
	rig.Run()
	if err := rig.Wait(); err == nil || !strings.Contains(err.Error(), "holds a string") {
		t.Errorf("the start does not say it: %v", err)
	}
	chosen := flowtest.Start(t, s.sinkFlow(fmt.Sprintf(`stream_from: '"%s"'`, s.name)), flowtest.Options{Catalog: ours()})
	chosen.Feed.Send("1", `{"n":1}`)
	if dead := s.arrived(chosen, "dead", 1); !strings.Contains(dead[0].Body, "choose another name for the stream") {
		t.Errorf("%v", dead)
	}
}

func TestAStreamThatTheUserMustNotWriteToIsNoReasonToWait(t *testing.T) {
	server := testservers.StartRedis(t)
	s := streamAt(t, server.URL())
	if err := s.client.Do(t.Context(), "ACL", "SETUSER", "clerk", "on", ">secret", "~orders:*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	s.url = "redis://clerk:secret@" + server.Address()
	rig := flowtest.Start(t, s.sinkFlow(`stream_from: body.to`), flowtest.Options{Catalog: ours()})
	rig.Feed.Send("1", `{"n":1,"to":"invoices"}`)
	if dead := s.arrived(rig, "dead", 1); !strings.Contains(dead[0].Body, "a fixed prefix") {
		t.Errorf("%v", dead)
	}
	sent := rig.Feed.Send("2", `{"n":2,"to":"orders:no"}`)
	eventually(t, "the other one is settled", sent.Acked)
}

func TestAServerWithoutMemoryIsWaitedFor(t *testing.T) {
	server := testservers.StartRedis(t)
	s := streamAt(t, server.URL())
	rig := flowtest.Start(t, s.sinkFlow(s.named("")), flowtest.Options{Catalog: ours()})
	if err := s.client.ConfigSet(t.Context(), "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	sent := rig.Feed.Send("1", `{"n":1}`)
	if err := added(nil, s.failing()); pipeline.Rejected(err) || !strings.Contains(err.Error(), "maxmemory") {
		t.Errorf("%v", err)
	}
	if err := s.client.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is settled", sent.Acked)
	if got := s.entries(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// failing is an XADD with the error it got.
func (s *redisStream) failing() *redis.StringCmd {
	c := redis.NewStringCmd(context.Background(), "xadd", s.name, "*", "a", "b")
	_ = s.client.Process(context.Background(), c)
	return c
}

func TestASinkOutlivesItsRedis(t *testing.T) {
	server := testservers.StartRedis(t, "--appendonly", "yes", "--appendfsync", "always")
	s := streamAt(t, server.URL())
	rig := flowtest.Start(t, s.sinkFlow(s.named("")), flowtest.Options{Catalog: ours()})
	var sent []*flowtest.Sent
	var all sync.WaitGroup
	all.Go(func() {
		for n := range 2000 {
			sent = append(sent, rig.Feed.Send(strconv.Itoa(n), fmt.Sprintf(`{"n":%d}`, n)))
		}
	})
	eventually(t, "some are there", func() bool { return s.client.XLen(t.Context(), s.name).Val() > 100 })
	server.Kill()
	server.Start()
	all.Wait()
	for _, m := range sent {
		eventually(t, "it is settled", m.Acked)
	}
	ids := map[string]bool{}
	for _, e := range s.entries() {
		ids[fmt.Sprint(e.Values["leat"])] = true
	}
	if len(ids) != 2000 {
		t.Errorf("%d of 2000 are in the stream", len(ids))
	}
	t.Logf("%d entries for 2000 events", len(s.entries()))
}

func TestSinkSettingsThatCannotWorkAreRefused(t *testing.T) {
	s := newStream(t)
	for settings, want := range map[string]string{
		"label: true":                                      "stream_from instead",
		s.named(", max_len: 1, max_age: 1s"):               "only one of max_len and max_age",
		s.named(", fields: {leat: body.x}"):                "set by leat itself",
		s.named(", fields: {payload: body.x}"):             "is the field of the payload",
		s.named(", payload: leat"):                         "choose another name",
		s.named(", max_len: -1"):                           "must not be negative",
		s.named(`, payload: ""`):                           "must not be empty",
		s.named(", label: false, max_age: 1s, fields: {}"): "",
	} {
		_, err := flowtest.TryLoad(s.sinkFlow(settings), flowtest.Options{Catalog: ours()})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", settings, err, want)
		}
	}
}

func TestPublisherKeepsOrderAndIsClosed(t *testing.T) {
	s := newStream(t)
	pub, err := NewPublisher(SinkConfig{Settings: redisapi.Settings{URL: conf.Secret(s.url)}})
	if err != nil {
		t.Fatal(err)
	}
	var list []*message.Message
	for n := range 300 {
		m := message.NewMessage(strconv.Itoa(n), []byte(strconv.Itoa(n)))
		m.Metadata.Set("name", strings.Repeat("long", 20*n))
		m.Metadata.Set("redisstream.id", "of another stream")
		list = append(list, m)
	}
	if err := pub.Publish(s.name, list...); err != nil {
		t.Fatal(err)
	}
	r := s.subscribe(nil)
	got := r.take(300)
	expect(t, payloads(got), numbers(0, 300))
	for n, m := range got {
		if m.UUID != strconv.Itoa(n) || m.Metadata.Get("name") != strings.Repeat("long", 20*n) || m.Metadata.Get("redisstream.id") == "of another stream" {
			t.Fatalf("%s: %.200v", m.UUID, m.Metadata)
		}
	}
	if err := s.client.Set(t.Context(), s.name+"x", "text", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if err := pub.Publish(s.name+"x", list[0]); err == nil {
		t.Error("a text took a message")
	}
	if err := errors.Join(pub.Close(), pub.Close()); err != nil {
		t.Error(err)
	}
	if err := pub.Publish(s.name, list[0]); err == nil {
		t.Error("a closed publisher publishes")
	}
}
