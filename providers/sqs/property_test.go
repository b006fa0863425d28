package sqs

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"pgregory.net/rapid"

	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// trial is a run with calls that fail and a flow that does with messages
// whatever it likes.
type trial struct {
	seed        uint64
	messages    int
	failing     int // of a hundred calls
	nacking     int // of a hundred messages, each time they come
	holding     int // of a hundred messages
	hold        time.Duration
	visibility  time.Duration
	fifo        bool
	refused     bool // extensions are
	newestOnly  bool
	maxInFlight int
}

func drawTrial(rt *rapid.T) trial {
	percent := func(label string, most int) int { return rapid.IntRange(0, most).Draw(rt, label) }
	return trial{
		seed:     rapid.Uint64().Draw(rt, "seed"),
		messages: rapid.IntRange(1, 120).Draw(rt, "messages"),
		failing:  percent("failing", 30), nacking: percent("nacking", 30), holding: percent("holding", 50),
		hold:       time.Duration(rapid.IntRange(1, 300).Draw(rt, "hold")) * time.Second,
		visibility: time.Duration(rapid.IntRange(2, 60).Draw(rt, "visibility")) * time.Second,
		fifo:       rapid.Bool().Draw(rt, "fifo"), refused: rapid.Bool().Draw(rt, "refused"),
		newestOnly:  rapid.Bool().Draw(rt, "newest handle deletes"),
		maxInFlight: rapid.IntRange(1, 200).Draw(rt, "max_in_flight"),
	}
}

// faults makes a share of the calls fail, in every way there is.
func (tr trial) faults() func(sqstest.Call) *sqstest.Fault {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(tr.seed, 1))
	return func(sqstest.Call) *sqstest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if rng.IntN(100) >= tr.failing {
			return nil
		}
		f := &sqstest.Fault{Work: rng.IntN(2) == 0}
		switch rng.IntN(4) {
		case 0:
			f.Drop = true
		case 1:
			f.Status = http.StatusInternalServerError
		case 2:
			f.Code, f.Status = "ThrottlingException", http.StatusBadRequest
		case 3:
			f.Delay, f.Work = time.Duration(rng.IntN(5000))*time.Millisecond, false
		}
		return f
	}
}

// ledger is what the flow knows.
type ledger struct {
	mu    sync.Mutex
	rng   *rand.Rand
	out   map[string]bool // out and undecided
	acked map[string]int
	twice string // came while it was out

	deciding sync.WaitGroup
}

func TestNoMessageIsLost(t *testing.T) {
	race.FewerDraws(t)
	rapid.Check(t, func(rt *rapid.T) {
		tr := drawTrial(rt)
		var problems []string
		synctest.Test(t, func(t *testing.T) { problems = tr.run(t) })
		for _, p := range problems {
			rt.Error(p)
		}
	})
}

func (tr trial) run(t *testing.T) (problems []string) {
	o := sqstest.Options{NewestHandleDeletes: tr.newestOnly}
	if tr.refused {
		o.Deny = []string{"ChangeMessageVisibilityBatch"}
	}
	attributes := map[string]string{"VisibilityTimeout": strconv.Itoa(int(tr.visibility / time.Second))}
	if tr.fifo {
		attributes["FifoQueue"], attributes["ContentBasedDeduplication"] = "true", "true"
	}
	fault, on := tr.faults(), atomic.Bool{}
	o.Intercept = func(c sqstest.Call) *sqstest.Fault {
		if !on.Load() {
			return nil
		}
		return fault(c)
	}
	s, name := newServer(t, o, attributes)
	for i := range tr.messages {
		_ = s.Send(name, strconv.Itoa(i))
	}
	r := subscribe(t, s, name, func(c *SourceConfig) { c.MaxInFlight = tr.maxInFlight })
	on.Store(true)
	l := &ledger{rng: rand.New(rand.NewPCG(tr.seed, 2)), out: map[string]bool{}, acked: map[string]int{}}
	go l.read(r.out, tr)
	done := func() bool {
		state, _ := s.Queue(name)
		return state.Deleted == tr.messages
	}
	for i := 0; i < 10*24*60 && !done(); i++ {
		time.Sleep(time.Minute)
	}
	time.Sleep(10 * time.Minute) // for those that came again although they were deleted
	synctest.Wait()
	on.Store(false)
	state, _ := s.Queue(name)
	if !done() {
		problems = append(problems, fmt.Sprintf("after ten days %d of %d messages are deleted: %+v", state.Deleted, tr.messages, state))
	}
	if l.twice != "" && !tr.fifo {
		problems = append(problems, "message "+l.twice+" came again while it was out")
	}
	if state.Deleted > len(l.acked) {
		problems = append(problems, "a message was deleted that was not acknowledged")
	}
	r.end()
	_ = r.sub.Close()
	time.Sleep(tr.hold)
	return problems
}

// read takes messages and decides on each after a while.
func (l *ledger) read(out <-chan *message.Message, tr trial) {
	for m := range out {
		l.deciding.Go(func() { l.decide(m, tr) })
	}
}

func (l *ledger) decide(m *message.Message, tr trial) {
	id := string(m.Payload)
	l.mu.Lock()
	if l.out[id] {
		l.twice = id
	}
	l.out[id] = true
	held, nack := l.rng.IntN(100) < tr.holding, l.rng.IntN(100) < tr.nacking
	l.mu.Unlock()
	if held {
		time.Sleep(tr.hold)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.out, id)
	if nack {
		m.Nack()
		return
	}
	l.acked[id]++
	m.Ack()
}
