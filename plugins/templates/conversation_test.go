package templates_test

import (
	"context"
	"errors"
	"io"
	"testing"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/plugins/proto"
)

// conversation is one stream of Handle with a plugin that has its settings.
type conversation struct {
	t       *testing.T
	stream  proto.Plugin_HandleClient
	first   uint32 // credits, before any result
	credits uint32 // that are left
	open    int    // events without a result
	sent    uint64 // the last seq
	early   map[uint64]*proto.Result
	largest int // results in one message
	limit   int // of bytes in one message; 0: none
}

// converse configures a plugin and begins a stream.
func converse(t *testing.T, r *running, request *proto.ConfigureRequest) *conversation {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), enough)
	t.Cleanup(cancel)
	response, err := r.Configure(ctx, request)
	if err != nil || len(response.Problems) > 0 {
		t.Fatalf("%v %v\n%s", err, response, r.stderr.end())
	}
	stream, err := r.Handle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := &conversation{t: t, stream: stream, early: map[uint64]*proto.Result{}}
	c.receive()
	if c.first = c.credits; c.first == 0 {
		t.Fatal("no credits at the beginning")
	}
	return c
}

// receive takes one message in.
func (c *conversation) receive() {
	c.t.Helper()
	m, err := c.stream.Recv()
	if err != nil {
		c.t.Fatal(err)
	}
	if size := protobuf.Size(m); c.limit > 0 && size > c.limit {
		c.t.Fatalf("a message of %d bytes, of %d at most", size, c.limit)
	}
	results := all(m)
	c.credits += m.Credits
	c.open -= len(results)
	c.largest = max(c.largest, len(results))
	for _, result := range results {
		if c.early[result.Seq] != nil {
			c.t.Fatalf("two results for %d", result.Seq)
		}
		c.early[result.Seq] = result
	}
	if c.first > 0 && int(c.credits)+c.open != int(c.first) {
		c.t.Fatalf("%d credits left and %d events open, of %d credits at first", c.credits, c.open, c.first)
	}
}

// all are the results of a message, those in the short form too.
func all(m *proto.Results) []*proto.Result {
	results := m.Results
	for _, seq := range m.Unchanged {
		same := &proto.Emit{Events: []*proto.Output{{}}}
		results = append(results, &proto.Result{Seq: seq, Outcome: &proto.Result_Emit{Emit: same}})
	}
	return results
}

// send sends events, as far as there are credits, and says which seq they have.
func (c *conversation) send(payloads ...string) (seqs []uint64) {
	c.t.Helper()
	work := &proto.Work{}
	for _, p := range payloads {
		c.sent++
		seqs = append(seqs, c.sent)
		work.Events = append(work.Events, &proto.Event{Seq: c.sent, Payload: []byte(p)})
	}
	c.sendWork(work)
	return seqs
}

func (c *conversation) sendWork(work *proto.Work) {
	c.t.Helper()
	for int(c.credits) < len(work.Events) {
		c.receive()
	}
	c.credits -= uint32(len(work.Events))
	c.open += len(work.Events)
	if err := c.stream.Send(work); err != nil {
		c.t.Fatal(err)
	}
}

// result waits for the result of an event, and leaves those of others for later.
func (c *conversation) result(seq uint64) *proto.Result {
	c.t.Helper()
	for c.early[seq] == nil {
		c.receive()
	}
	defer delete(c.early, seq)
	return c.early[seq]
}

// ask sends an event and returns its result.
func (c *conversation) ask(payload string) *proto.Result {
	c.t.Helper()
	return c.result(c.send(payload)[0])
}

// end ends leat's side, and has the plugin end its own once all is answered.
func (c *conversation) end() {
	c.t.Helper()
	if err := c.stream.CloseSend(); err != nil {
		c.t.Fatal(err)
	}
	for c.open > 0 {
		c.receive()
	}
	if m, err := c.stream.Recv(); !errors.Is(err, io.EOF) {
		c.t.Fatalf("after the last result: %v %v", m, err)
	}
}
