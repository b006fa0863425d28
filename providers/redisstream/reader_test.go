package redisstream

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// onDouble subscribes to a stream in memory, in virtual time, once prepare has filled it.
func onDouble(t *testing.T, log *slog.Logger, prepare func(*double), f func(d *double, out <-chan *message.Message)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		prepare(d)
		sub := subscriberOf(&holder{double: d, name: "c"}, log)
		ctx, cancel := context.WithCancel(context.Background())
		out, err := sub.Subscribe(ctx, "s")
		if err != nil {
			t.Fatal(err)
		}
		f(d, out)
		cancel()
		_ = sub.Close()
	})
}

// subscriberOf reads as a consumer.
func subscriberOf(a api, log *slog.Logger) *Subscriber {
	c := Source.Defaults.(SourceConfig)
	c.Stream = "s"
	sub := newSubscriber(c, pipeline.System, log)
	sub.plain = true
	sub.open = func(string, string) (api, error) { return a, nil }
	return sub
}

func TestEntriesOfALostAnswerAreFoundAtOnce(t *testing.T) {
	for _, later := range []time.Duration{0, 2 * time.Second} {
		var calls atomic.Int32
		onDouble(t, quiet, func(d *double) {
			d.fault = func() fault { return fault{fails: calls.Add(1) == 2, effect: true, later: later} }
			for _, payload := range numbers(0, 3) {
				d.add(payload)
			}
		}, func(_ *double, out <-chan *message.Message) {
			began := time.Now()
			for _, want := range numbers(0, 3) {
				m := <-out
				if string(m.Payload) != want {
					t.Errorf("%s came, want %s", m.Payload, want)
				}
				m.Ack()
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestWhatIsSettledWhileAnAnswerIsUnderWayIsNoEventAgain(t *testing.T) {
	list := newTable(10)
	one := &received{id: "1-0", payload: []byte("x")}
	fresh, _ := list.add([]*received{one}, time.Now())
	end := list.watch()
	list.forget(fresh...)
	if again, _ := list.add([]*received{one}, time.Now()); len(again) > 0 {
		t.Error("it came again")
	}
	end()
	if again, _ := list.add([]*received{one}, time.Now()); len(again) != 1 {
		t.Error("an entry that comes later is left out")
	}
}

func TestAGroupThatIsGoneIsSaidLoudly(t *testing.T) {
	j := &journal{}
	onDouble(t, slog.New(slog.NewTextHandler(j, nil)), func(*double) {}, func(d *double, _ <-chan *message.Message) {
		d.mu.Lock()
		d.noGroup = true
		d.mu.Unlock()
		time.Sleep(time.Minute)
		if n := j.count("level=ERROR"); n != 1 || j.count("created again") != 1 {
			t.Errorf("%d errors are said: %s", n, strings.TrimSpace(j.text.String()))
		}
	})
}

// What waits for its turn must not stop the clock, and ends with its context.
func TestEntriesAreLeftWhileOthersAreBeingKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.fault = func() fault { return fault{delay: time.Second} }
		s := newSubscription(t.Context(), subscriberOf(nil, quiet), "s", &holder{double: d, name: "c"})
		fresh, _ := s.table.add([]*received{{id: "1-0"}, {id: "2-0"}}, time.Now())
		kept := make(chan error, 1)
		go func() { kept <- s.keeper.keepBatch(fresh[:1]) }()
		synctest.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := s.keeper.leave(hurried, fresh[1:]); err == nil {
			t.Error("it did not wait for its turn")
		}
		if err := s.keeper.leave(t.Context(), fresh[1:]); err != nil {
			t.Error(err)
		}
		if err := <-kept; err != nil {
			t.Error(err)
		}
		s.endCalls()
		s.endReads()
	})
}
