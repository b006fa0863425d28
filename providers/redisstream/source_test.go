package redisstream

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"
)

// payloads are those of messages, in their order.
func payloads(list []*message.Message) (out []string) {
	for _, m := range list {
		out = append(out, string(m.Payload))
	}
	return out
}

func numbers(from, to int) (out []string) {
	for n := from; n < to; n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out
}

func expect(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %.200v, want %.200v", got, want)
	}
}

func ack(list []*message.Message) {
	for _, m := range list {
		m.Ack()
	}
}

func deliveries(m *message.Message) string { return m.Metadata.Get("redisstream.deliveries") }

func TestEntriesComeInTheOrderOfTheStream(t *testing.T) {
	s := newStream(t)
	s.fill(0, 2000)
	r := s.subscribe(nil)
	all := r.take(2000)
	expect(t, payloads(all), numbers(0, 2000))
	ack(all)
	eventually(t, "all are acknowledged", s.done)
}

func TestEachEntryIsAcknowledgedByItself(t *testing.T) {
	s := newStream(t)
	s.fill(0, 100)
	r := s.subscribe(nil)
	all := r.take(100)
	var held []string
	for i, m := range all {
		if i%3 == 0 {
			m.Ack()
		} else {
			held = append(held, m.Metadata.Get("redisstream.id"))
		}
	}
	eventually(t, "a third is acknowledged", func() bool { return s.pending() == len(held) })
	list, err := s.client.XPendingExt(t.Context(), &redis.XPendingExtArgs{Stream: s.name, Group: "leat", Start: "-", End: "+", Count: 100}).Result()
	if err != nil {
		t.Fatal(err)
	}
	var pending []string
	for _, p := range list {
		pending = append(pending, p.ID)
	}
	expect(t, pending, held)
}

func TestNoMoreThanMaxInFlightAreOut(t *testing.T) {
	s := newStream(t)
	s.fill(0, 20)
	r := s.subscribe(func(c *SourceConfig) { c.MaxInFlight = 7 })
	first := r.take(7)
	r.none(100 * time.Millisecond)
	if n := s.pending(); n != 7 {
		t.Errorf("%d are pending, want 7", n)
	}
	ack(first[2:4])
	expect(t, payloads(r.take(2)), numbers(7, 9))
	r.none(100 * time.Millisecond)
}

func TestHeldEntriesStayWithTheirConsumer(t *testing.T) {
	s := newStream(t)
	s.fill(0, 700) // more than one command is about
	const claimAfter = 1500 * time.Millisecond
	patient := func(c *SourceConfig) { c.ClaimAfter = claimAfter }
	a := s.subscribe(patient)
	held := a.take(700)
	b := s.subscribe(patient)
	b.none(2 * claimAfter)
	list, err := s.client.XPendingExt(t.Context(), &redis.XPendingExtArgs{Stream: s.name, Group: "leat", Start: "-", End: "+", Count: 1000}).Result()
	if err != nil || len(list) != 700 {
		t.Fatal(len(list), err)
	}
	for _, p := range list {
		if p.RetryCount != 1 || p.Idle >= claimAfter {
			t.Fatalf("an entry was given out %d times and is %s old", p.RetryCount, p.Idle)
		}
	}
	ack(held)
	eventually(t, "all are acknowledged", s.done)
}

func TestEntriesOfADeadConsumerAreTakenOver(t *testing.T) {
	s := newStream(t)
	s.fill(0, 300)
	a := s.subscribe(nil)
	all := a.take(300)
	ack(all[:100])
	eventually(t, "some are acknowledged", func() bool { return s.pending() == 200 })
	b := s.subscribe(nil)
	b.none(50 * time.Millisecond)
	a.die()
	left := b.take(200)
	expect(t, payloads(left), numbers(100, 300))
	if got := deliveries(left[0]); got != "2" {
		t.Errorf("%s deliveries, want 2", got)
	}
	ack(left)
	eventually(t, "all are acknowledged", s.done)
}

func TestAProcessWithTheNameOfADeadOneGoesOnAtOnce(t *testing.T) {
	s := newStream(t)
	s.fill(0, 1200)
	named := func(c *SourceConfig) { c.Consumer, c.ClaimAfter = "one", time.Hour }
	a := s.subscribe(named)
	ack(a.take(1200)[:10])
	eventually(t, "some are acknowledged", func() bool { return s.pending() == 1190 })
	a.die()
	s.fill(1200, 1300)
	b := s.subscribe(named)
	all := b.take(1290)
	expect(t, payloads(all), numbers(10, 1300))
	if old, fresh := deliveries(all[0]), deliveries(all[1289]); old != "2" || fresh != "1" {
		t.Errorf("%s and %s deliveries, want 2 and 1", old, fresh)
	}
}

func TestANameIsUsedOnce(t *testing.T) {
	s := newStream(t)
	r := s.subscribe(func(c *SourceConfig) { c.Consumer = "one" })
	if _, err := r.sub.Subscribe(t.Context(), s.name); err == nil {
		t.Error("two subscriptions share a name")
	}
}

func TestWhatIsHandedBackComesAgainFromMemory(t *testing.T) {
	s := newStream(t)
	s.fill(0, 3)
	a := s.subscribe(nil)
	for i := range 3 {
		m := a.next()
		if string(m.Payload) != strconv.Itoa(i) {
			t.Fatalf("%s came, want %d", m.Payload, i)
		}
		if i == 1 {
			m.Nack()
		} else {
			m.Ack()
		}
	}
	b := s.subscribe(nil)
	for times := 2; times < 5; times++ {
		m := a.next()
		if string(m.Payload) != "1" || deliveries(m) != strconv.Itoa(times) {
			t.Fatalf("%s came for the %s. time, want 1 for the %d.", m.Payload, deliveries(m), times)
		}
		if s.pending() != 1 {
			t.Errorf("%d are pending, want 1", s.pending())
		}
		m.Nack()
	}
	a.next().Ack()
	eventually(t, "all are acknowledged", s.done)
	b.none(50 * time.Millisecond)
}

func TestAFullSourceStillGivesAgainWhatItGotBack(t *testing.T) {
	s := newStream(t)
	s.fill(0, 5)
	r := s.subscribe(func(c *SourceConfig) { c.MaxInFlight = 2 })
	for _, m := range r.take(2) {
		m.Nack()
	}
	for range 5 {
		r.next().Ack()
	}
	eventually(t, "all are acknowledged", s.done)
}

func TestAStoppedConsumerLeavesItsEntriesAtOnce(t *testing.T) {
	s := newStream(t)
	s.fill(0, 600)
	slow := func(c *SourceConfig) { c.ClaimAfter = time.Hour }
	a := s.subscribe(slow)
	all := a.take(600)
	ack(all[300:])
	all[0].Nack() // waits to be given again
	a.close()
	if s.pending() != 300 {
		t.Errorf("%d are pending after the stop, want 300", s.pending())
	}
	b := s.subscribe(slow)
	left := b.take(300)
	expect(t, payloads(left), numbers(0, 300))
	ack(left)
	eventually(t, "all are acknowledged", s.done)
	b.close()
	if names := s.consumers(); len(names) != 1 { // the first one still had something pending when it left
		t.Errorf("consumers %v are left", names)
	}
}

func TestConsumersAreRemovedOnlyWithNothingPending(t *testing.T) {
	s := newStream(t)
	s.fill(0, 2)
	r := s.subscribe(func(c *SourceConfig) { c.ClaimAfter = time.Hour })
	r.take(2)[0].Ack()
	eventually(t, "one is acknowledged", func() bool { return s.pending() == 1 })
	a, err := newServer(r.sub.config, s.name, generatedName())
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	for _, consumer := range []string{"leat-gone-0123456789ab", "somebody"} {
		if err := s.client.XGroupCreateConsumer(t.Context(), s.name, "leat", consumer).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.sweep(t.Context(), time.Hour); err != nil || len(s.consumers()) != 3 {
		t.Errorf("%v are left, %v", s.consumers(), err)
	}
	eventually(t, "the consumer is old enough", func() bool {
		err := a.sweep(t.Context(), 5*time.Millisecond)
		return err == nil && len(s.consumers()) == 2
	})
	if names := s.consumers(); !slices.Contains(names, "somebody") || s.pending() != 1 {
		t.Errorf("%v are left with %d pending", names, s.pending())
	}
}

func TestConsumersShareTheWork(t *testing.T) {
	const n = 3000
	s := newStream(t)
	a, b := s.subscribe(nil), s.subscribe(nil)
	go func() {
		for i := 0; i < n; i += 100 {
			s.fill(i, i+100)
		}
	}()
	seen := map[string]int{}
	from := map[*rig]int{}
	for range n {
		var m *message.Message
		select {
		case m = <-a.out:
			from[a]++
		case m = <-b.out:
			from[b]++
		case <-time.After(testPatience):
			t.Fatalf("%d of %d came", len(seen), n)
		}
		seen[string(m.Payload)]++
		m.Ack()
	}
	eventually(t, "all are acknowledged", s.done)
	if len(seen) != n || from[a] == 0 || from[b] == 0 {
		t.Errorf("%d different entries came, %d to one and %d to the other", len(seen), from[a], from[b])
	}
}

func TestEntriesThatWereDeletedWhilePendingAreNoEvents(t *testing.T) {
	s := newStream(t)
	var ids []string
	for n := range 5 {
		ids = append(ids, s.add(payloadField, n))
	}
	named := func(c *SourceConfig) { c.Consumer = "one" }
	a := s.subscribe(named)
	a.take(5)
	a.die()
	if err := s.client.XDel(t.Context(), s.name, ids[1], ids[3]).Err(); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*SourceConfig){named, nil} { // by its name, and taken over
		r := s.subscribe(change)
		left := r.take(3)
		expect(t, payloads(left), []string{"0", "2", "4"})
		if change == nil {
			ack(left)
			eventually(t, "nothing is pending", func() bool { return s.pending() == 0 })
		}
		r.die()
	}
}

func TestSettledEntriesCanBeDeleted(t *testing.T) {
	s := newStream(t)
	s.fill(0, 50)
	r := s.subscribe(func(c *SourceConfig) { c.Delete = true })
	ack(r.take(50)[1:])
	eventually(t, "all but one are deleted", func() bool { return s.client.XLen(t.Context(), s.name).Val() == 1 })
}

func TestANewGroupMayBeginAtTheEnd(t *testing.T) {
	s := newStream(t)
	s.fill(0, 5)
	r := s.subscribe(func(c *SourceConfig) { c.From = fromEnd })
	s.fill(5, 8)
	expect(t, payloads(r.take(3)), numbers(5, 8))
}

func TestAKeyThatIsNoStreamIsRefused(t *testing.T) {
	s := newStream(t)
	if err := s.client.Set(t.Context(), s.name, "text", 0).Err(); err != nil {
		t.Fatal(err)
	}
	sub, err := NewSubscriber(s.quick(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	_, err = sub.Subscribe(t.Context(), s.name)
	if err == nil || !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("%v", err)
	}
	t.Log(err)
}

func TestAContextThatEndsWhileEntriesAreHeldTakesNothingAway(t *testing.T) {
	s := newStream(t)
	s.fill(0, 10)
	a := s.subscribe(nil)
	held := a.take(10)
	a.end()
	for range a.out {
		t.Error("something came after the end")
	}
	ack(held[:4]) // until Close they can be
	eventually(t, "four are acknowledged", func() bool { return s.pending() == 6 })
	if held[5].Context().Err() == nil {
		t.Error("the context of a message outlives its subscription")
	}
	a.close()
	expect(t, payloads(s.subscribe(nil).take(6)), numbers(4, 10))
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	good := newStream(t).quick().withDefaults()
	good.Stream = "s"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*SourceConfig){
		"stream":        func(c *SourceConfig) { c.Stream = "" },
		"group":         func(c *SourceConfig) { c.Group = "" },
		"from":          func(c *SourceConfig) { c.From = "middle" },
		"max_in_flight": func(c *SourceConfig) { c.MaxInFlight = -1 },
		"block":         func(c *SourceConfig) { c.Block = time.Minute },
		"claim_after":   func(c *SourceConfig) { c.ClaimAfter = time.Millisecond },
		"return_after":  func(c *SourceConfig) { c.ReturnAfter.Min = 0 },
		"payload":       func(c *SourceConfig) { c.Payload = "" },
		"url":           func(c *SourceConfig) { c.URL = "http://nowhere" },
	} {
		c := good
		if change(&c); c.Validate() == nil {
			t.Errorf("a %s that cannot work is not refused", field)
		}
	}
}
