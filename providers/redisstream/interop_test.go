package redisstream

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillredis "github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// What Watermill's publisher and subscriber for streams write and read is understood.

func letters(n int) (list []*message.Message) {
	for i := range n {
		m := message.NewMessage(strconv.Itoa(i), []byte("payload "+strconv.Itoa(i)))
		for j := range i {
			m.Metadata.Set("name "+strconv.Itoa(j), strings.Repeat("x", 40*i))
		}
		list = append(list, m)
	}
	return list
}

func sameLetter(t *testing.T, got, want *message.Message) {
	t.Helper()
	if got.UUID != want.UUID || string(got.Payload) != string(want.Payload) {
		t.Errorf("%s came with %.40q, want %s", got.UUID, got.Payload, want.UUID)
	}
	for name, value := range want.Metadata {
		if got.Metadata.Get(name) != value {
			t.Errorf("message %s: %q is %.40q", want.UUID, name, got.Metadata.Get(name))
		}
	}
}

func TestEntriesOfWatermillAreRead(t *testing.T) {
	s := newStream(t)
	pub, err := watermillredis.NewPublisher(watermillredis.PublisherConfig{Client: s.own()}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	list := letters(20)
	if err := pub.Publish(s.name, list...); err != nil {
		t.Fatal(err)
	}
	r := s.subscribe(nil)
	for i, m := range r.take(20) {
		sameLetter(t, m, list[i])
		m.Ack()
	}
	eventually(t, "all are acknowledged", s.done)
	r.close()
	if err := pub.Publish(s.name, list[1]); err != nil {
		t.Fatal(err)
	}
	rig := flowtest.Start(t, s.flow(""), flowtest.Options{Catalog: ours()})
	if got := s.arrived(rig, "out", 1)[0]; got.ID != "1" || got.Meta["redisstream.name 0"] != list[1].Metadata.Get("name 0") {
		t.Errorf("%+v", got)
	}
}

func TestWatermillReadsEntriesOfOurs(t *testing.T) {
	s := newStream(t)
	pub, err := NewPublisher(SinkConfig{Settings: redisapi.Settings{URL: conf.Secret(s.url)}})
	if err != nil {
		t.Fatal(err)
	}
	defer pub.Close()
	list := letters(20)
	if err := pub.Publish(s.name, list...); err != nil {
		t.Fatal(err)
	}
	sub, err := watermillredis.NewSubscriber(watermillredis.SubscriberConfig{Client: s.own(), ConsumerGroup: "leat"}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	out, err := sub.Subscribe(t.Context(), s.name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		select {
		case m := <-out:
			sameLetter(t, m, list[i])
			m.Ack()
		case <-time.After(testPatience):
			t.Fatal("no message came")
		}
	}
}

// Why there is a subscriber of our own: a message that Watermill's has given out is the
// only one until it is acknowledged, so that nothing could be put in order behind it.
func TestWatermillKeepsOneMessageInFlight(t *testing.T) {
	s := newStream(t)
	s.stock(10)
	sub, err := watermillredis.NewSubscriber(watermillredis.SubscriberConfig{Client: s.own(), ConsumerGroup: "leat"}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	out, err := sub.Subscribe(t.Context(), s.name)
	if err != nil {
		t.Fatal(err)
	}
	first := <-out
	select {
	case <-out:
		t.Error("a second message came before the first was acknowledged: the decision about streams can be looked at again")
	case <-time.After(300 * time.Millisecond):
	}
	first.Ack()
	(<-out).Ack()
}

func FuzzReadMap(f *testing.F) {
	f.Add(appendMap(nil, map[string]string{"a": "b", "c": strings.Repeat("x", 300)}))
	f.Add([]byte{packMap32, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{packMap16, 0, 1, packBin8, 1, 'a', packText32, 0, 0, 0, 1, 'b'})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readMap(b)
		if err != nil {
			return
		}
		again, err := readMap(appendMap(nil, m))
		if err != nil || len(again) != len(m) {
			t.Errorf("%v became %v, %v", m, again, err)
		}
		for k, v := range m {
			if again[k] != v {
				t.Errorf("%q became %q", v, again[k])
			}
		}
	})
}
