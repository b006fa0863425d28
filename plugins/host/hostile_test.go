package host

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	gproto "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
)

// hostile is a plugin that does not keep to the contract in the way its name says.
type hostile struct {
	goplugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
	how string
}

func playHostile(args []string) {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: proto.Handshake,
		Plugins:         goplugin.PluginSet{proto.Service: &hostile{how: args[0]}},
		GRPCServer:      goplugin.DefaultGRPCServer,
	})
}

func (h *hostile) GRPCServer(_ *goplugin.GRPCBroker, g *grpc.Server) error {
	proto.RegisterPluginServer(g, h)
	return nil
}

func (h *hostile) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.ErrUnsupported
}

func (h *hostile) Configure(context.Context, *proto.ConfigureRequest) (*proto.ConfigureResponse, error) {
	return &proto.ConfigureResponse{}, nil
}

func (h *hostile) Handle(s grpc.BidiStreamingServer[proto.Work, proto.Results]) error {
	if h.how == "never reads" {
		_ = s.Send(&proto.Results{Credits: 1000})
		<-s.Context().Done()
		return nil
	}
	if h.how == "no credits" {
		<-s.Context().Done()
		return nil
	}
	_ = s.Send(&proto.Results{Credits: 1<<32 - 1})
	_ = s.Send(&proto.Results{Credits: 1<<32 - 1})
	for {
		work, err := s.Recv()
		if err != nil {
			return err
		}
		for _, e := range work.Events {
			if err := h.answer(s, e); err != nil {
				return err
			}
		}
	}
}

func (h *hostile) answer(s grpc.BidiStreamingServer[proto.Work, proto.Results], e *proto.Event) error {
	emit := &proto.Result{Seq: e.Seq, Outcome: &proto.Result_Emit{Emit: &proto.Emit{Events: []*proto.Output{{}}}}}
	switch h.how {
	case "unknown":
		return s.Send(&proto.Results{Results: []*proto.Result{{Seq: e.Seq + 1000}}})
	case "twice":
		return s.Send(&proto.Results{Results: []*proto.Result{emit, emit, emit}, Unchanged: []uint64{e.Seq, e.Seq}})
	case "no outcome":
		return s.Send(&proto.Results{Results: []*proto.Result{{Seq: e.Seq}}})
	case "too large":
		emit.GetEmit().Events[0].Payload = make([]byte, 2<<20)
		return s.Send(&proto.Results{Results: []*proto.Result{emit}})
	case "many":
		return s.Send(&proto.Results{Results: slices.Repeat([]*proto.Result{{}}, mostParts+1)})
	case "end":
		return errors.New("I have had enough")
	case "long wait":
		return s.Send(&proto.Results{Results: []*proto.Result{{Seq: e.Seq, Outcome: &proto.Result_Retry{Retry: &proto.Retry{AfterMs: 1<<64 - 1}}}}})
	}
	return nil
}

func TestAHostilePluginHarmsNobody(t *testing.T) {
	small := func(c *Config) { c.MaxMessage, c.Timeout = 1<<20, 200*time.Millisecond }
	for how, want := range map[string]string{
		"no credits": "it has not allowed a single event to be sent",
		"unknown":    "it answered an event that it was not given",
		"too large":  "larger than max",
		"end":        "I have had enough",
		"many":       "parts, and may have",
	} {
		t.Run(how, func(t *testing.T) {
			r := newRig(t, []string{"hostile", how}, "{}", small).start()
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, err := r.Handle(ctx, pipeline.NewEvent("1", []byte("echo")))
				ended <- err
			}()
			r.await("a reason", func() bool { return strings.Contains(r.logged(), want) })
			cancel()
			if err := <-ended; err == nil {
				t.Error("the event passes for handled")
			}
		})
	}
}

func TestAPluginThatDoesNotReadIsEnded(t *testing.T) {
	r := newRig(t, []string{"hostile", "never reads"}, "{}", func(c *Config) { c.Timeout = 200 * time.Millisecond })
	r.pace.silence = 300 * time.Millisecond
	r.start()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { _, _ = r.Handle(ctx, pipeline.NewEvent("1", make([]byte, 1<<20))) })
	}
	r.await("a reason", func() bool { return strings.Contains(r.logged(), "it has not read what was sent to it") })
	cancel()
	all.Wait()
}

func TestWhatAPluginMayAnswerIsBounded(t *testing.T) {
	r := newRig(t, []string{"hostile", "twice"}, "{}").start()
	for range 100 {
		r.passes("echo")
	}
	r = newRig(t, []string{"hostile", "no outcome"}, "{}").start()
	if _, err := r.handle("echo"); err == nil || pipeline.Rejected(err) {
		t.Errorf("no outcome: got %v", err)
	}
	r = newRig(t, []string{"hostile", "long wait"}, "{}").start()
	if _, err := r.handle("echo"); err == nil || pipeline.Rejected(err) {
		t.Errorf("long wait: got %v", err)
	}
}

// FuzzResults takes whatever can be a message of the contract as an answer: an event is
// given back at most once, and what cannot be used harms nothing.
func FuzzResults(f *testing.F) {
	for _, r := range []*proto.Results{
		{Unchanged: []uint64{1, 1, 2}, Credits: 1<<32 - 1},
		{Results: []*proto.Result{{Seq: 1}, {Seq: 3, Outcome: &proto.Result_Drop{}}, {Seq: 1 << 63}}},
		{Results: []*proto.Result{{Seq: 2, Outcome: &proto.Result_Emit{Emit: &proto.Emit{Events: []*proto.Output{{}, {Id: new(""), Time: &proto.Time{Nanos: -5}}}}}}}},
	} {
		b, err := gproto.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var results proto.Results
		if gproto.Unmarshal(b, &results) != nil {
			return
		}
		h := &Host{config: Defaults, seq: 3, options: Options{Count: func(string) {}}}
		k := &child{host: h, sent: map[uint64]*call{}, lingering: map[uint64]*call{}, wake: make(chan struct{}, 1)}
		var calls []*call
		for seq := uint64(1); seq <= 3; seq++ {
			c := named("1")
			k.sent[seq] = c
			calls = append(calls, c)
		}
		_ = h.settle(k, &results)
		if k.credits < 0 || k.credits > most {
			t.Errorf("%d credits", k.credits)
		}
		for _, c := range calls {
			checkOutcome(t, c)
		}
	})
}

// checkOutcome looks at what the caller of an event gets.
func checkOutcome(t *testing.T, c *call) {
	select {
	case <-c.done:
	default:
		return
	}
	r, err := c.outcome()
	if err != nil {
		return
	}
	e := pipeline.NewEvent("1", []byte(`{"n":1}`))
	out, err := Outcome(e, r)
	if err != nil && (e.ID != "1" || !e.Time.IsZero()) {
		t.Errorf("an event with the error %v was changed", err)
	}
	if len(out) > mostOut {
		t.Errorf("%d events", len(out))
	}
}
