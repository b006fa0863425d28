package templates_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	contract "github.com/leat-io/leat/plugins/proto"
)

// Whatever comes, the plugin lives, and says something of each event.
func TestGarbageIsAnsweredEventByEvent(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{})
		c.first = 0 // credits are not kept to here
		random := rand.New(rand.NewPCG(1, 2))
		unanswered := map[uint64]int{}
		for range 150 {
			work := randomWork(random)
			for _, e := range work.Events {
				unanswered[e.Seq]++
			}
			if err := c.stream.Send(work); err != nil {
				t.Fatalf("%v\n%s", err, r.stderr.end())
			}
		}
		if err := c.stream.CloseSend(); err != nil {
			t.Fatal(err)
		}
		for {
			m, err := c.stream.Recv()
			if err != nil {
				break
			}
			for _, result := range all(m) {
				if result.Outcome == nil {
					t.Errorf("%d has no outcome", result.Seq)
				}
				unanswered[result.Seq]--
			}
		}
		for seq, n := range unanswered {
			if n != 0 {
				t.Fatalf("%d results too few for %d\n%s", n, seq, r.stderr.end())
			}
		}
		if err := r.ping(); err != nil {
			t.Error(err)
		}
	})
}

// randomWork has seqs that come twice, events that ask for anything, cancellations of
// events that were never there, and fields that nobody knows.
func randomWork(random *rand.Rand) *contract.Work {
	work := &contract.Work{}
	for range random.IntN(8) {
		e := &contract.Event{
			Seq: seqs[random.IntN(len(seqs))] + random.Uint64N(5), Payload: randomPayload(random),
			Id: randomText(random), Key: randomText(random), Type: randomText(random),
		}
		if random.IntN(2) == 0 {
			e.Time = &contract.Time{Seconds: int64(random.Uint64()) >> random.IntN(64), Nanos: int32(random.Uint32())}
		}
		for range random.IntN(3) {
			e.Meta = append(e.Meta, &contract.Meta{Key: randomText(random), Value: randomText(random)})
		}
		unknown(random, e.ProtoReflect().SetUnknown)
		work.Events = append(work.Events, e)
		if random.IntN(3) == 0 {
			work.Cancelled = append(work.Cancelled, e.Seq+random.Uint64N(3))
		}
	}
	unknown(random, work.ProtoReflect().SetUnknown)
	return work
}

var seqs = []uint64{0, 1000, 1 << 53, 1 << 63, 1<<64 - 10}

// payloads leave out what waits for others.
var payloads = []string{
	`{"do":"many"}`, `{"do":"change"}`, `{"do":"nothing"}`, `{"do":"drop"}`, `{"do":"retry"}`, `{"do":"reject"}`, `{"do":"fail"}`,
	`{"do":"exit"}`, `{"do":"wrong"}`, `{"do":"half"}`, `{"do":"add"}`, `{"do":"add","added":1}`, `{"do":"print","text":"\ud800"}`, `{"do":"print"}`, `{"do":"big"}`, `{"do":"big","size":-1}`,
	`{"do":"big","size":1e3}`, `{"do":["drop"]}`, `{"do":"toString"}`, `null`, `1e999`, `"`, ``, "\xef\xbb\xbf{}", "\x00", "{}\xff",
}

func randomPayload(random *rand.Rand) []byte {
	b := []byte(payloads[random.IntN(len(payloads))])
	switch random.IntN(6) {
	case 0:
		for range random.IntN(4) {
			if len(b) > 0 {
				b[random.IntN(len(b))] = byte(random.Uint32())
			}
		}
	case 1:
		deep := make([]byte, random.IntN(50_000))
		for i := range deep {
			deep[i] = '['
		}
		return deep
	}
	return b
}

var texts = []string{"", "a", "__proto__", "constructor", "toString", "old", "😀", "a\x00b", "ü"}

func randomText(random *rand.Rand) string { return texts[random.IntN(len(texts))] }

// unknown gives a message a field that this version of the contract has not.
func unknown(random *rand.Rand, set func(protoreflect.RawFields)) {
	if random.IntN(3) > 0 {
		return
	}
	b := protowire.AppendTag(nil, protowire.Number(100+random.IntN(1000)), protowire.BytesType)
	set(protowire.AppendBytes(b, []byte(randomText(random))))
}

// What is no message of the contract ends the stream, or less, and not the plugin.
func TestBytesThatAreNoMessageLeaveThePluginAlive(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{})
		random := rand.New(rand.NewPCG(3, 4))
		for range 50 {
			sendBytes(t, r, random)
		}
		c.ask(`{}`)
		c.end()
		if err := r.ping(); err != nil {
			t.Errorf("%v\n%s", err, r.stderr.end())
		}
	})
}

func sendBytes(t *testing.T, r *running, random *rand.Rand) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	defer cancel()
	b := make([]byte, random.IntN(100))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	method := "/leat.plugin.v1.Plugin/" + []string{"Handle", "Configure", "Other"}[random.IntN(3)]
	stream, err := r.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method, grpc.ForceCodec(asItIs{}))
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SendMsg(b) // the plugin may have ended the stream, and the next may not be there
	_ = stream.CloseSend()
	for stream.RecvMsg(new([]byte)) == nil {
	}
}

// asItIs sends bytes.
type asItIs struct{}

func (asItIs) Name() string                    { return "proto" }
func (asItIs) Marshal(v any) ([]byte, error)   { return v.([]byte), nil }
func (asItIs) Unmarshal(b []byte, v any) error { *v.(*[]byte) = b; return nil }
