package wire

import (
	"testing"
	"time"

	gproto "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/plugins/proto"
)

// FuzzReadWork reads messages as protobuf does, those that protobuf takes.
func FuzzReadWork(f *testing.F) {
	for _, w := range []*proto.Work{
		{Events: []*proto.Event{{Seq: 1, Payload: []byte("x"), Id: "i", Key: "k", Type: "t"}, {}}, Cancelled: []uint64{1, 300}},
		{Events: []*proto.Event{{Time: &proto.Time{Seconds: -5, Nanos: 7}, Meta: []*proto.Meta{{Key: "a", Value: "b"}, {}}}}},
	} {
		b, err := gproto.Marshal(w)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add(AppendCancelled(AppendEvent(nil, 9, AppendMeta(AppendBody(nil, []byte("p"), "i", "k", "t", time.Unix(5, 6)), "a", "b")), []uint64{8}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var want proto.Work
		refused := gproto.Unmarshal(b, &want)
		var events []*Event
		var cancelled []uint64
		err := ReadWork(b, func(e *Event) { events = append(events, e) }, func(seq uint64) { cancelled = append(cancelled, seq) })
		if refused != nil {
			return // also where only the text is not UTF-8
		}
		if err != nil || len(events) != len(want.Events) || len(cancelled) != len(want.Cancelled) {
			t.Fatalf("got %d events, %d cancelled, %v; want %v", len(events), len(cancelled), err, &want)
		}
		for i, e := range events {
			same(t, e, want.Events[i])
		}
		for i, seq := range cancelled {
			if seq != want.Cancelled[i] {
				t.Errorf("cancelled %d, want %d", seq, want.Cancelled[i])
			}
		}
	})
}

func same(t *testing.T, e *Event, want *proto.Event) {
	t.Helper()
	if e.Seq != want.Seq || string(e.Payload) != string(want.Payload) || e.ID != want.Id || e.Key != want.Key || e.Type != want.Type {
		t.Errorf("got %+v, want %v", e, want)
	}
	if e.Timed != (want.Time != nil) || e.Seconds != want.Time.GetSeconds() || e.Nanos != int64(want.Time.GetNanos()) {
		t.Errorf("got the time %v %d %d, want %v", e.Timed, e.Seconds, e.Nanos, want.Time)
	}
	seen := map[string]bool{}
	for _, m := range want.Meta {
		if value, ok := e.Lookup(m.Key); !seen[m.Key] && (!ok || value != m.Value) {
			t.Errorf("metadata %q is %q, %v; want %q", m.Key, value, ok, m.Value)
		}
		seen[m.Key] = true
	}
}

// FuzzAppend writes what protobuf reads.
func FuzzAppend(f *testing.F) {
	f.Add([]byte("payload"), "id", "key", "type", int64(5), int64(7), "k", "v", uint64(1<<40))
	f.Add([]byte(nil), "", "", "", int64(-62135596800), int64(0), "", "", uint64(0))
	f.Fuzz(func(t *testing.T, payload []byte, id, key, kind string, seconds, nanos int64, k, v string, seq uint64) {
		at := time.Unix(seconds, nanos).UTC()
		body := AppendMeta(AppendBody(Buffer(10), payload, id, key, kind, at), k, v)
		message := AppendEvent(nil, seq, body)
		if len(message) > len(body)+AroundEvent {
			t.Errorf("%d bytes around the body", len(message)-len(body))
		}
		var got proto.Work
		if err := gproto.Unmarshal(message, &got); err != nil {
			return // text that is not UTF-8
		}
		e := got.Events[0]
		if e.Seq != seq || string(e.Payload) != string(payload) || e.Id != id || e.Key != key || e.Type != kind || e.Meta[0].Key != k || e.Meta[0].Value != v {
			t.Errorf("got %v", e)
		}
		if (e.Time != nil) == at.IsZero() || e.Time != nil && !time.Unix(e.Time.Seconds, int64(e.Time.Nanos)).Equal(at) {
			t.Errorf("got the time %v, want %v", e.Time, at)
		}
	})
}

func TestBuffersAreUsedAgain(t *testing.T) {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 1 << 22, 1<<22 + 1} {
		b := *buffers.Get(n)
		if len(b) != n || cap(b) < n {
			t.Errorf("got %d of %d bytes, want %d", len(b), cap(b), n)
		}
		Release(b)
	}
}

func TestPartsAreCounted(t *testing.T) {
	output := &proto.Output{Time: &proto.Time{}, Meta: []*proto.Meta{{}, {Key: "k"}}}
	message, err := gproto.Marshal(&proto.Results{
		Results:   []*proto.Result{{Outcome: &proto.Result_Emit{Emit: &proto.Emit{Events: []*proto.Output{output, {}}}}}, {Seq: 1}},
		Unchanged: []uint64{1, 2, 3},
	})
	if n := Parts(message); err != nil || n != 8 {
		t.Errorf("%d parts, %v", n, err)
	}
	if n := Parts(make([]byte, 5)); n != 0 {
		t.Errorf("%d parts of what is no message", n)
	}
}
