package sqs

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func TestAcknowledgedMessagesAreDeletedInBatches(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for i := range 1000 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, nil)
		for range 1000 {
			r.next().Ack()
		}
		time.Sleep(time.Second)
		state, _ := s.Queue(name)
		if state.Deleted != 1000 {
			t.Errorf("%d of 1000 were deleted", state.Deleted)
		}
		calls := s.Calls()
		if n := calls["ReceiveMessage"] + calls["DeleteMessageBatch"]; n > 250 {
			t.Errorf("%d requests for 1000 messages: %v", n, calls)
		}
		r.close()
	})
}

func TestAHeldMessageStaysInvisible(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"VisibilityTimeout": "30"})
		_ = s.Send(name, "held", "quick")
		r := subscribe(t, s, name, nil)
		held, quick := r.next(), r.next()
		quick.Ack()
		r.none(2 * time.Hour)
		if n := s.Messages(name)[0].Receives; n != 1 {
			t.Errorf("it was received %d times", n)
		}
		held.Ack()
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 2 {
			t.Errorf("deleted %d of 2", state.Deleted)
		}
		if n := s.Calls()["ChangeMessageVisibilityBatch"]; n > 2*60*4+2 {
			t.Errorf("%d extensions in two hours", n)
		}
		r.close()
	})
}

func TestQuickMessagesAreNotExtended(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		r := subscribe(t, s, name, nil)
		for i := range 100 {
			_ = s.Send(name, strconv.Itoa(i))
			m := r.next()
			time.Sleep(14 * time.Second)
			m.Ack()
		}
		if n := s.Calls()["ChangeMessageVisibilityBatch"]; n != 0 {
			t.Errorf("%d requests to extend", n)
		}
		r.close()
	})
}

func TestTwelveHoursPassWithoutASecondDelivery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"VisibilityTimeout": "600"})
		_ = s.Send(name, "held")
		r := subscribe(t, s, name, nil)
		held := r.next()
		r.none(30 * time.Hour)
		if n := s.Messages(name)[0].Receives; n != 3 {
			t.Errorf("received %d times in 30 h, want 3", n)
		}
		held.Ack()
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 1 {
			t.Error("the message that came again was not deleted by its newest receipt")
		}
		r.close()
	})
}

func TestANackTouchesOnlyThatMessage(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		_ = s.Send(name, "a", "b", "c")
		r := subscribe(t, s, name, nil)
		a, b, c := r.next(), r.next(), r.next()
		a.Ack()
		c.Ack()
		var waits []time.Duration
		began := time.Now()
		for range 4 {
			b.Nack()
			b = r.next()
			if string(b.Payload) != "b" {
				t.Fatalf("%s came again", b.Payload)
			}
			waits = append(waits, time.Since(began).Round(time.Second))
			began = time.Now()
		}
		if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}; !slices.Equal(waits, want) {
			t.Errorf("it came again after %v, want %v", waits, want)
		}
		b.Ack()
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Deleted != 3 {
			t.Errorf("deleted %d of 3", state.Deleted)
		}
		r.close()
	})
}

func TestOnAStopWhatIsHeldIsVisibleAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for i := range 200 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, nil)
		for range 100 {
			m := r.next()
			go func() { <-r.flow; m.Nack() }()
		}
		synctest.Wait()
		close(r.flow)
		time.Sleep(time.Second)
		if state, _ := s.Queue(name); state.Visible != 200 {
			t.Errorf("%d of 200 are visible a second after the stop: %+v", state.Visible, state)
		}
		r.close()
	})
}

func TestWhatNobodyDecidedIsVisibleAfterClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for i := range 50 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, nil)
		for range 20 {
			r.next()
		}
		r.close()
		if state, _ := s.Queue(name); state.Visible != 50 {
			t.Errorf("%d of 50 are visible after Close", state.Visible)
		}
		if _, open := <-r.out; open {
			t.Error("the channel is open after Close")
		}
	})
}

func TestAcknowledgedWhileClosing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		_ = s.Send(name, "late")
		r := subscribe(t, s, name, nil)
		m := r.next()
		go func() {
			<-m.Context().Done()
			time.Sleep(time.Second)
			m.Ack()
		}()
		r.close()
		if state, _ := s.Queue(name); state.Deleted != 1 {
			t.Errorf("a message acknowledged while the source closes was not deleted: %+v", state)
		}
	})
}

func TestMaxInFlight(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, nil)
		for i := range 500 {
			_ = s.Send(name, strconv.Itoa(i))
		}
		r := subscribe(t, s, name, func(c *SourceConfig) { c.MaxInFlight, c.MaxPollers = 50, 1 })
		for range 50 {
			m := r.next()
			defer m.Ack()
		}
		r.none(time.Hour)
		if state, _ := s.Queue(name); state.InFlight != 50 {
			t.Errorf("%d in flight", state.InFlight)
		}
		r.end()
	})
}

func TestGroupsOfAFIFOQueueKeepTheirOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s, name := newServer(t, sqstest.Options{}, map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
		for i := range 30 {
			_ = s.Send(name, fmt.Sprintf("%02d", i)) // all in one group
		}
		r := subscribe(t, s, name, nil)
		var got []string
		fail := map[string]int{"03": 1, "12": 2}
		for len(got) < 30 {
			m := r.next()
			r.none(100 * time.Millisecond) // one at a time
			if fail[string(m.Payload)] > 0 {
				fail[string(m.Payload)]--
				m.Nack()
				continue
			}
			got = append(got, string(m.Payload))
			m.Ack()
		}
		if !slices.IsSorted(got) {
			t.Errorf("came as %v", got)
		}
		r.close()
	})
}
