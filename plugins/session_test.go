package plugins

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	gproto "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// dial serves a plugin in this process and returns its client.
func dial(t testing.TB, p plugin) proto.PluginClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(serverOptions()...)
	proto.RegisterPluginServer(server, &service{plugin: p})
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
	})
	return proto.NewPluginClient(conn)
}

// asReceived is an event as it comes from leat.
func asReceived(t testing.TB, e *proto.Event) (out *wire.Event) {
	t.Helper()
	message, err := gproto.Marshal(&proto.Work{Events: []*proto.Event{e}})
	if err == nil {
		err = wire.ReadWork(message, func(e *wire.Event) { out = e }, func(uint64) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type stream = grpc.BidiStreamingClient[proto.Work, proto.Results]

// open configures a plugin and opens its stream.
func open(t testing.TB, p plugin) stream {
	t.Helper()
	client := dial(t, p)
	if answer, err := client.Configure(t.Context(), &proto.ConfigureRequest{Flow: "parcels", Name: "eta", Config: []byte("{}")}); err != nil || len(answer.Problems) > 0 {
		t.Fatal(answer, err)
	}
	s, err := client.Handle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first, err := s.Recv(); err != nil || first.Credits != credits {
		t.Fatalf("got %v, %v, want credits first", first, err)
	}
	return s
}

// answers takes n answers, by seq.
func answers(t testing.TB, s stream, n int) map[uint64]*proto.Result {
	t.Helper()
	all := map[uint64]*proto.Result{}
	var back uint32
	for len(all) < n {
		results, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results.Results {
			all[r.Seq] = r
		}
		for _, seq := range results.Unchanged {
			all[seq] = nil
		}
		back += results.Credits
	}
	if int(back) != len(all) {
		t.Errorf("%d credits for %d answers", back, len(all))
	}
	return all
}

func send(t testing.TB, s stream, w *proto.Work) {
	t.Helper()
	if err := s.Send(w); err != nil {
		t.Fatal(err)
	}
}

func TestAnswersComeInAnyOrder(t *testing.T) {
	slow := make(chan struct{})
	s := open(t, plain(func(_ context.Context, e *Event) ([]*Event, error) {
		if e.ID == "slow" {
			<-slow
		}
		return []*Event{e}, nil
	}))
	send(t, s, &proto.Work{Events: []*proto.Event{{Seq: 1, Id: "slow"}, {Seq: 2}, {Seq: 3}}})
	if got := answers(t, s, 2); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	close(slow)
	answers(t, s, 1)
}

func TestAHandlerThatEndsItsGoroutineRejectsItsEvent(t *testing.T) {
	s := open(t, plain(func(context.Context, *Event) ([]*Event, error) {
		runtime.Goexit()
		return nil, nil
	}))
	send(t, s, &proto.Work{Events: []*proto.Event{{Seq: 1}}})
	if got := answers(t, s, 1)[1].GetReject().GetReason(); !strings.Contains(got, "Goexit") {
		t.Errorf("got %q", got)
	}
}

func TestACancelledEventEndsItsContext(t *testing.T) {
	s := open(t, plain(func(ctx context.Context, e *Event) ([]*Event, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}))
	send(t, s, &proto.Work{Events: []*proto.Event{{Seq: 1}}})
	send(t, s, &proto.Work{Cancelled: []uint64{1, 7}})
	if got := answers(t, s, 1)[1]; got.GetRetry().GetReason() != "context canceled" {
		t.Errorf("got %v", got)
	}
}

func TestWhatIsUnderWayIsAnsweredBeforeTheEnd(t *testing.T) {
	release := make(chan struct{})
	s := open(t, plain(func(_ context.Context, e *Event) ([]*Event, error) {
		<-release
		return nil, Drop("late")
	}))
	send(t, s, &proto.Work{Events: []*proto.Event{{Seq: 1}, {Seq: 2}}})
	if err := s.CloseSend(); err != nil {
		t.Fatal(err)
	}
	close(release)
	answers(t, s, 2)
	if _, err := s.Recv(); err == nil {
		t.Error("the stream did not end")
	}
}

func TestWhatGoesBackIsWhatDiffers(t *testing.T) {
	at := time.Date(2026, 11, 28, 9, 0, 0, 7, time.UTC)
	in := asReceived(t, &proto.Event{
		Seq: 1, Id: "1", Key: "k", Type: "t", Payload: []byte(`{"n":1}`),
		Time: &proto.Time{Seconds: at.Unix(), Nanos: 7}, Meta: []*proto.Meta{{Key: "a", Value: "b"}},
	})
	for name, c := range map[string]struct {
		change func(e *Event)
		want   *proto.Output
	}{
		"id":       {func(e *Event) { e.ID = "2" }, &proto.Output{Id: new("2")}},
		"no key":   {func(e *Event) { e.Key = "" }, &proto.Output{Key: new("")}},
		"type":     {func(e *Event) { e.Type = "u\xff" }, &proto.Output{Type: new("u\uFFFD")}},
		"time":     {func(e *Event) { e.Time = e.Time.Add(time.Second) }, &proto.Output{Time: &proto.Time{Seconds: at.Unix() + 1, Nanos: 7}}},
		"no time":  {func(e *Event) { e.Time = time.Time{}; e.ID = "2" }, &proto.Output{Id: new("2")}},
		"payload":  {func(e *Event) { e.SetPayload(nil) }, &proto.Output{Payload: []byte{}}},
		"metadata": {func(e *Event) { e.SetMeta("c", e.Meta("a")) }, &proto.Output{Meta: []*proto.Meta{{Key: "c", Value: "b"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := handle(t.Context(), Map(func(_ context.Context, e *Event) error { c.change(e); return nil }), in)
			if o := got.GetEmit().GetEvents(); len(o) != 1 || !gproto.Equal(o[0], c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	same := handle(t.Context(), Map(func(_ context.Context, e *Event) error {
		e.Time = e.Time.In(time.FixedZone("CET", 3600))
		return nil
	}), in)
	if same != unchanged {
		t.Errorf("got %v for an event that is as it was", same)
	}
}

func TestSettingsAreReadStrictly(t *testing.T) {
	type config struct {
		Zones []struct {
			Hours int `json:"hours"`
		} `json:"zones"`
	}
	client := dial(t, configured(func(_ context.Context, c config) (Handler, error) {
		var wrong []error
		for i, z := range c.Zones {
			if z.Hours == 0 {
				wrong = append(wrong, FieldError(fmt.Sprintf("zones[%d].hours", i), "must be above 0"))
			}
		}
		return Map(func(context.Context, *Event) error { return nil }), errors.Join(wrong...)
	}))
	for text, want := range map[string]string{
		`{"zones":[{"hours":1},{"hours":0},{"hours":0}]}`: "zones[1].hours: must be above 0|zones[2].hours: must be above 0",
		`{"zone":1}`:              "zone: the plugin knows no setting of this name",
		`{"zones":{}}`:            "zones: want a list, not a map",
		`{} {}`:                   ": want one JSON object",
		`{"zones":[{"hours":1}]}`: "",
		``:                        "",
	} {
		answer, err := client.Configure(t.Context(), &proto.ConfigureRequest{Config: []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range answer.Problems {
			got = append(got, p.Path+": "+p.Message)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAnswersAreCutIntoMessages(t *testing.T) {
	large := make([]byte, 300<<10)
	var ready []*proto.Result
	for i := range 10 {
		ready = append(ready, &proto.Result{Seq: uint64(i), Outcome: &proto.Result_Emit{Emit: &proto.Emit{Events: []*proto.Output{{Payload: large}}}}})
	}
	sent := 0
	for rest := ready; len(rest) > 0; sent++ {
		n := batch(rest, 0, 0)
		if n == 0 || n > 4 {
			t.Fatalf("%d of %d at once", n, len(rest))
		}
		rest = rest[n:]
	}
	if sent != 4 {
		t.Errorf("%d messages", sent)
	}
}

func TestAnAnswerThatIsTooLargeRejectsItsEvent(t *testing.T) {
	r := handle(t.Context(), func(_ context.Context, e *Event) ([]*Event, error) {
		return []*Event{e.Child(make([]byte, 900)), e.Child(make([]byte, 900))}, nil
	}, &wire.Event{Seq: 7})
	if got := fitting(r, 2000); got != r {
		t.Errorf("got %v for an answer that fits", got)
	}
	if got := fitting(r, 1800); got.Seq != 7 || !strings.Contains(got.GetReject().GetReason(), "leat takes 1800 at most") {
		t.Errorf("got %v", got)
	}
}

// FuzzWork sends whatever can be a message of the contract: each event is answered once.
func FuzzWork(f *testing.F) {
	for _, w := range []*proto.Work{
		{Events: []*proto.Event{{Seq: 1, Payload: []byte("x")}, {Seq: 1}}, Cancelled: []uint64{1, 1}},
		{Events: []*proto.Event{{Time: &proto.Time{Seconds: 1 << 62, Nanos: -1}, Meta: []*proto.Meta{{}}}}},
		{Cancelled: []uint64{0, 1 << 63}},
	} {
		b, err := gproto.Marshal(w)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var events []*wire.Event
		err := wire.ReadWork(b, func(e *wire.Event) { events = append(events, e) }, func(uint64) {})
		if err != nil || len(events) > credits {
			return
		}
		for _, e := range events {
			for _, h := range []Handler{
				func(_ context.Context, e *Event) ([]*Event, error) { return []*Event{e, e.Child(nil)}, nil },
				func(_ context.Context, e *Event) ([]*Event, error) { return nil, errors.New(string(e.Payload())) },
				func(_ context.Context, e *Event) ([]*Event, error) { panic(e.ID) },
				func(_ context.Context, e *Event) ([]*Event, error) { return []*Event{nil}, nil },
			} {
				r := handle(t.Context(), h, e)
				if _, err := gproto.Marshal(&proto.Results{Results: []*proto.Result{r}}); err != nil || r.Seq != e.Seq || r.Outcome == nil {
					t.Fatalf("%v is answered by %v: %v", e, r, err)
				}
			}
		}
	})
}

func TestAnswersFitIntoAMessage(t *testing.T) {
	const most = 1 << 20
	set := func(f func(e *Event)) Handler {
		return Map(func(_ context.Context, e *Event) error { f(e); return nil })
	}
	long := strings.Repeat("m", 2<<20)
	for name, c := range map[string]struct {
		handler Handler
		events  int
	}{
		"payloads":   {set(func(e *Event) { e.SetPayload(make([]byte, 4000)); e.SetMeta("k", long[:100]) }), 600},
		"metadata":   {set(func(e *Event) { e.SetMeta("k", long[:20_000]) }), 600},
		"one entry":  {set(func(e *Event) { e.SetMeta("k", long) }), 1},
		"one reason": {func(context.Context, *Event) ([]*Event, error) { return nil, Reject(errors.New(long)) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, plain(c.handler))
			if _, err := client.Configure(t.Context(), &proto.ConfigureRequest{Config: []byte("{}"), MaxMessage: most}); err != nil {
				t.Fatal(err)
			}
			s, err := client.Handle(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w := &proto.Work{}
			for i := range c.events {
				w.Events = append(w.Events, &proto.Event{Seq: uint64(i + 1)})
			}
			send(t, s, w)
			for n := 0; n < c.events; {
				r, err := s.Recv()
				if err != nil {
					t.Fatal(err)
				}
				n += len(r.Results)
				if size := gproto.Size(r); size > most {
					t.Fatalf("%d answers take %d bytes", len(r.Results), size)
				}
			}
		})
	}
}

// several is an error of several, which need not be there.
type several []error

func (s several) Error() string   { return fmt.Sprintf("%d stations are wrong", len(s)) }
func (s several) Unwrap() []error { return s }

func TestWhatIsWrongWithSettingsIsNeverLost(t *testing.T) {
	wrong := FieldError("a", "is \xff")
	for _, c := range []struct {
		err  error
		want []Problem
	}{
		{several{}, []Problem{{"", "0 stations are wrong"}}},
		{several{nil, wrong}, []Problem{{"", "2 stations are wrong"}}},
		{fmt.Errorf("stations.csv: %w and %w", errors.New("line 3"), wrong), []Problem{{"", "stations.csv: line 3 and a: is \uFFFD"}}},
		{errors.Join(wrong, errors.New("b")), []Problem{{"a", "is \uFFFD"}, {"", "b"}}},
	} {
		client := dial(t, configured(func(context.Context, struct{}) (Handler, error) { return nil, c.err }))
		answer, err := client.Configure(t.Context(), &proto.ConfigureRequest{Config: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		var got []Problem
		for _, p := range answer.Problems {
			got = append(got, Problem{p.Path, p.Message})
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
	}
}
