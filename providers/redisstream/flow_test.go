package redisstream

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

func ours() pipeline.Catalog {
	return pipeline.Catalog{Stages: stages.All(), Sources: []pipeline.SourceDef{Source}, Sinks: []pipeline.SinkDef{Sink}}
}

// source is the setting of a source of the stream.
func (s *redisStream) source(more string) string {
	return fmt.Sprintf(`{redisstream: {stream: %q, url: %q, block: 20ms, claim_after: 400ms, return_after: 20ms..100ms%s}}`, s.name, s.url, more)
}

func (s *redisStream) flow(steps string) string {
	return fmt.Sprintf("version: 1\nflows: {f: {from: %s, stages: [%s], to: out, on_error: {dead_letter: dead, retry: {backoff: 10ms..50ms}}}}\nsinks: {out: {record: {}}, dead: {record: {}}}\n", s.source(""), steps)
}

func (r *redisStream) arrived(rig *flowtest.Rig, sink string, n int) []flowtest.Got {
	r.t.Helper()
	eventually(r.t, fmt.Sprintf("%d events are at %s", n, sink), func() bool { return len(rig.Recorder.Got(sink)) >= n })
	return rig.Recorder.Got(sink)
}

func TestAnEntryIsAnEvent(t *testing.T) {
	s := newStream(t)
	id := s.add("shop", "nl", "id", "own", "binary", "\xff\xfe", "\xff\n", "odd name", payloadField, `{"n":1}`, "_watermill_message_uuid_", "x")
	rig := flowtest.Start(t, s.flow(""), flowtest.Options{Catalog: ours()})
	got := s.arrived(rig, "out", 1)[0]
	if got.ID != s.name+"/"+id || got.Body != `{"n":1}` || !got.Time.IsZero() {
		t.Errorf("%+v", got)
	}
	want := map[string]string{
		"redisstream.id": id, "redisstream.stream": s.name, "redisstream.deliveries": "1", "redisstream.shop": "nl",
		"redisstream.field.id": "own", "redisstream.binary": "//4=", `redisstream.\xff\n`: "odd name", "redisstream._watermill_message_uuid_": "x",
	}
	if fmt.Sprint(got.Meta) != fmt.Sprint(want) {
		t.Errorf("metadata %v, want %v", got.Meta, want)
	}
	eventually(t, "it is acknowledged", s.done)
}

func TestHostileEntriesDoNotStopTheFlow(t *testing.T) {
	s := newStream(t)
	big := strings.Repeat("x", 3<<20)
	s.add("no", "payload")
	s.add(payloadField, "")
	s.add(payloadField, big, "also", big)
	s.add(payloadField, "\x00\xff\xfe", "leat", "{")
	s.add(payloadField, "\x00\xff\xfe", "leat", "}")
	s.add(payloadField, "last", "leat", `{"v":1,"id":"7","key":"k","meta":{"leat.late":"true"}}`)
	j := &journal{}
	rig := flowtest.Start(t, s.flow(""), flowtest.Options{Catalog: ours(), Log: slog.New(slog.NewTextHandler(j, nil))})
	out := s.arrived(rig, "out", 5)
	slices.SortFunc(out, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
	for i, want := range []string{"", big, "\x00\xff\xfe", "\x00\xff\xfe", "last"} {
		if out[i].Body != want {
			t.Errorf("%d. payload: %.20q…, want %.20q…", i, out[i].Body, want)
		}
	}
	if last := out[4]; last.ID != "7" || last.Key != "k" || last.Meta["leat.late"] != "true" {
		t.Errorf("the label is not read: %.300v", last)
	}
	dead := s.arrived(rig, "dead", 1)
	if len(dead) != 1 || !strings.Contains(dead[0].Body, `has no field \"payload\"`) || !strings.Contains(dead[0].Body, `"redisstream.no":"payload"`) {
		t.Errorf("%d dead letters: %.2000v", len(dead), dead)
	}
	eventually(t, "all are acknowledged", s.done)
	if n := rig.Pipeline.Stats().Sum("labels_unreadable"); n != 2 || j.count("leat field of an entry cannot be read") != 1 {
		t.Errorf("%d labels are counted as unreadable: %s", n, j.text.String())
	}
}

func TestAnotherFieldMayBeThePayload(t *testing.T) {
	s := newStream(t)
	s.add("body", "this", payloadField, "not this")
	text := strings.Replace(s.flow(""), s.source(""), s.source(", payload: body"), 1)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours()})
	if got := s.arrived(rig, "out", 1)[0]; got.Body != "this" || got.Meta["redisstream.payload"] != "not this" {
		t.Errorf("%+v", got)
	}
}

func TestAFailingSinkLeavesEntriesPending(t *testing.T) {
	s := newStream(t)
	s.fill(0, 200)
	var works atomic.Bool
	rig := flowtest.Start(t, s.flow(""), flowtest.Options{Catalog: ours(), Fail: func(string, *pipeline.Event, int) error {
		if works.Load() {
			return nil
		}
		return errors.New("the sink is away")
	}})
	eventually(t, "all are pending", func() bool { return s.pending() == 200 })
	other := s.subscribe(func(c *SourceConfig) { c.ClaimAfter = 1200 * time.Millisecond })
	other.none(1500 * time.Millisecond)
	works.Store(true)
	s.arrived(rig, "out", 200)
	eventually(t, "all are acknowledged", s.done)
	for _, got := range rig.Recorder.Got("out") {
		if got.Meta["redisstream.deliveries"] != "1" {
			t.Fatalf("an entry was given out %s times", got.Meta["redisstream.deliveries"])
		}
	}
}

func TestEntriesThatWaitForTheirTurnStayOurs(t *testing.T) {
	const n, parcels = 1500, 100
	s := newStream(t)
	noon := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	p := s.client.Pipeline()
	for _, i := range rand.Perm(n) {
		p.XAdd(t.Context(), &redis.XAddArgs{Stream: s.name, Values: []any{payloadField,
			fmt.Sprintf(`{"n":%d,"parcel":"%d","at":%q}`, i, i%parcels, noon.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano))}})
	}
	if _, err := p.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(s.flow("identify: {id: body.n, key: body.parcel, time: body.at}, reorder: {window: 3s}"), "400ms", "2s", 1)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours()})
	other := s.subscribe(func(c *SourceConfig) { c.ClaimAfter = 2 * time.Second })
	eventually(t, "all are read", func() bool { return s.unread() == 0 })
	taken := map[string]bool{}
	for len(taken)+len(rig.Recorder.Got("out")) < n {
		select {
		case m := <-other.out: // it reads some, and must not be given any of the flow's
			if deliveries(m) != "1" {
				t.Fatalf("%s was taken over", m.Payload)
			}
			taken[string(m.Payload)] = true
			m.Ack()
		case <-time.After(10 * time.Millisecond):
		}
	}
	eventually(t, "all are acknowledged", s.done)
	last := map[string]time.Time{}
	for _, got := range rig.Recorder.Got("out") {
		if got.Time.Before(last[got.Key]) {
			t.Fatalf("%s of parcel %s left after its successor", got.ID, got.Key)
		}
		last[got.Key] = got.Time
	}
}

func TestAStoppedFlowLeavesWhatItHeldToTheNext(t *testing.T) {
	s := newStream(t)
	s.fill(0, 300)
	text := strings.Replace(s.flow("identify: {key: '\"all\"', time: '\"2026-03-31T12:00:00Z\"'}, reorder: {window: 1h}"), "claim_after: 400ms", "claim_after: 1h", 1)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours()})
	eventually(t, "all are held", func() bool { return rig.Pipeline.Stats().Held == 300 })
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	next := s.subscribe(func(c *SourceConfig) { c.ClaimAfter = time.Hour })
	expect(t, payloads(next.take(300)), numbers(0, 300))
}

func TestWhatAnEventIsGoesThroughAStream(t *testing.T) {
	s := newStream(t)
	text := fmt.Sprintf(`
version: 1
flows:
  in:
    from: feed
    stages:
      - identify: {id: body.id, key: body.key, time: body.at, type: body.type}
    to: stream
  out: {from: %s, to: out}
sinks:
  stream: {redisstream: {stream: %q, url: %q, fields: {shop: body.shop, none: body.none}}}
  out: {record: {}}
`, s.source(""), s.name, s.url)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours()})
	body := `{"id":"i","key":"k","at":"2026-03-31T12:00:00Z","type":"t","shop":"nl","big":123456789012345678}`
	rig.Feed.Send("1", body)
	got := s.arrived(rig, "out", 1)[0]
	if got.ID != "i" || got.Key != "k" || !got.Time.Equal(time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)) || got.Body != body {
		t.Errorf("%+v", got)
	}
	if got.Meta["redisstream.shop"] != "nl" || got.Meta["redisstream.none"] != "" {
		t.Errorf("%v", got.Meta)
	}
	entries, err := s.client.XRange(t.Context(), s.name, "-", "+").Result()
	if err != nil || len(entries) != 1 || entries[0].Values["leat"] != `{"v":1,"id":"i","key":"k","time":"2026-03-31T12:00:00Z","type":"t"}` {
		t.Errorf("%v, %v", entries, err)
	}
}
