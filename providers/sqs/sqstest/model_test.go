package sqstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// modelMessage is what a message of the model is like.
type modelMessage struct {
	number, receives int
	group            string
	due              time.Time // in flight or delayed until then
	inFlight         bool
	handle           string // the newest
	received         time.Time
}

// model is a queue said in as few words as possible.
type model struct {
	t     *rapid.T
	s     *sqstest.Server
	clock *flowtest.Clock
	where string
	fifo  bool

	sent     int
	messages map[string]*modelMessage // by body
	handles  map[string]string        // of all receives: the body
}

func TestQueueIsLikeItsModel(t *testing.T) {
	for _, name := range []string{"q", "q.fifo"} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				m := newModel(t, rt, name)
				defer m.s.Close()
				rt.Repeat(map[string]func(*rapid.T){"send": m.send, "receive": m.receive, "delete": m.delete, "hide": m.hide, "time": m.time, "": m.compare})
				m.drain()
			})
		})
	}
}

func newModel(t *testing.T, rt *rapid.T, name string) *model {
	m := &model{t: rt, clock: flowtest.NewClock(), fifo: name == "q.fifo", messages: map[string]*modelMessage{}, handles: map[string]string{}}
	var err error
	if m.s, err = sqstest.Start(sqstest.Options{Clock: m.clock}); err != nil {
		t.Fatal(err)
	}
	if m.where, err = m.s.CreateQueue(name, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// call calls without a network.
func (m *model) call(action string, in map[string]any) (int, map[string]any) {
	in["QueueUrl"] = m.where
	body, _ := json.Marshal(in)
	q := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	q.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	w := httptest.NewRecorder()
	m.s.ServeHTTP(w, q)
	out := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		m.t.Fatalf("%s: %v in %s", action, err, w.Body)
	}
	return w.Code, out
}

func (m *model) send(t *rapid.T) {
	m.sent++
	body := strconv.Itoa(m.sent)
	in := map[string]any{"MessageBody": body}
	one := &modelMessage{number: m.sent}
	if m.fifo {
		one.group = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "group")
		in["MessageGroupId"], in["MessageDeduplicationId"] = one.group, body
	} else if delay := rapid.SampledFrom([]int{0, 0, 7}).Draw(t, "delay"); delay > 0 {
		in["DelaySeconds"] = delay
		one.due = m.clock.Now().Add(time.Duration(delay) * time.Second)
	}
	m.messages[body] = one
	if status, out := m.call("SendMessage", in); status != 200 {
		t.Fatal(out)
	}
}

// isVisible tells whether a message could be given out, looked at alone.
func (m *model) isVisible(one *modelMessage) bool { return !one.due.After(m.clock.Now()) }

func (m *model) isInFlight(one *modelMessage) bool { return one.inFlight && !m.isVisible(one) }

// available are the messages that a receive may give out: in a FIFO queue those
// of groups of which none is in flight.
func (m *model) available() map[string]bool {
	blocked, out := map[string]bool{}, map[string]bool{}
	for _, one := range m.messages {
		if m.fifo && m.isInFlight(one) {
			blocked[one.group] = true
		}
	}
	for body, one := range m.messages {
		if m.isVisible(one) && (!m.fifo || !blocked[one.group]) {
			out[body] = true
		}
	}
	return out
}

func (m *model) receive(t *rapid.T) {
	limit, seconds := rapid.IntRange(1, 10).Draw(t, "limit"), rapid.SampledFrom([]int{0, 5, 30}).Draw(t, "visibility")
	m.take(limit, seconds)
}

func (m *model) take(limit, seconds int) int {
	available := m.available()
	status, out := m.call("ReceiveMessage", map[string]any{"MaxNumberOfMessages": limit, "VisibilityTimeout": seconds, "AttributeNames": []string{"All"}})
	list, _ := out["Messages"].([]any)
	if want := min(limit, len(available)); status != 200 || len(list) != want {
		m.t.Fatalf("status %d, %d messages, want %d", status, len(list), want)
	}
	var order []*modelMessage
	for _, x := range list {
		got := x.(map[string]any)
		body, handle := got["Body"].(string), got["ReceiptHandle"].(string)
		one := m.messages[body]
		if !available[body] || m.handles[handle] != "" {
			m.t.Fatalf("message %s must not be given out", body)
		}
		one.receives++
		if count := got["Attributes"].(map[string]any)["ApproximateReceiveCount"]; count != strconv.Itoa(one.receives) {
			m.t.Fatalf("message %s: receive count %v, want %d", body, count, one.receives)
		}
		one.inFlight, one.handle, one.received, one.due = true, handle, m.clock.Now(), m.clock.Now().Add(time.Duration(seconds)*time.Second)
		m.handles[handle] = body
		order = append(order, one)
		delete(available, body)
	}
	m.checkOrder(order, available)
	return len(list)
}

// checkOrder looks whether all that was given out comes before all of its group
// that was not, and in order.
func (m *model) checkOrder(got []*modelMessage, left map[string]bool) {
	last := map[string]int{}
	for _, one := range got {
		if m.fifo && one.number < last[one.group] {
			m.t.Fatalf("message %d came behind %d", one.number, last[one.group])
		}
		last[one.group] = one.number
	}
	for body := range left {
		if one := m.messages[body]; m.fifo && one.number < last[one.group] {
			m.t.Fatalf("message %d came before %s", last[one.group], body)
		}
	}
}

// anyHandle is one of those ever given out.
func (m *model) anyHandle(t *rapid.T) (string, *modelMessage) {
	if len(m.handles) == 0 {
		t.Skip("no handles")
	}
	all := make([]string, 0, len(m.handles))
	for h := range m.handles {
		all = append(all, h)
	}
	slices.Sort(all)
	h := rapid.SampledFrom(all).Draw(t, "handle")
	return h, m.messages[m.handles[h]]
}

func (m *model) delete(t *rapid.T) {
	h, one := m.anyHandle(t)
	status, _ := m.call("DeleteMessage", map[string]any{"ReceiptHandle": h})
	good := one == nil || !m.fifo || m.isInFlight(one) && one.handle == h
	if good != (status == 200) {
		t.Fatalf("delete %+v with handle %s: %d", one, h, status)
	}
	if good {
		delete(m.messages, m.handles[h])
	}
}

func (m *model) hide(t *rapid.T) {
	h, one := m.anyHandle(t)
	seconds := rapid.SampledFrom([]int{0, 20, 43_190, 43_200}).Draw(t, "seconds")
	status, _ := m.call("ChangeMessageVisibility", map[string]any{"ReceiptHandle": h, "VisibilityTimeout": seconds})
	due := m.clock.Now().Add(time.Duration(seconds) * time.Second)
	good := one != nil && one.handle == h && m.isInFlight(one) && due.Sub(one.received) <= 12*time.Hour
	if good != (status == 200) {
		t.Fatalf("hide %+v with handle %s until %s: %d", one, h, due, status)
	}
	if good {
		one.due = due
	}
}

func (m *model) time(t *rapid.T) {
	m.clock.Advance(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
}

// compare looks at the queue from outside.
func (m *model) compare(t *rapid.T) {
	inFlight, delayed := 0, 0
	for _, one := range m.messages {
		switch {
		case m.isInFlight(one):
			inFlight++
		case !m.isVisible(one):
			delayed++
		}
	}
	name := map[bool]string{false: "q", true: "q.fifo"}[m.fifo]
	got, _ := m.s.Queue(name)
	want := fmt.Sprint(len(m.messages)-inFlight-delayed, inFlight, delayed, m.sent, m.sent-len(m.messages))
	if fmt.Sprint(got.Visible, got.InFlight, got.Delayed, got.Sent, got.Deleted) != want || len(m.s.Messages(name)) != len(m.messages) {
		t.Fatalf("%+v, want %s", got, want)
	}
}

// drain receives and deletes all that is left, which must be all that there is.
func (m *model) drain() {
	m.clock.Advance(13 * time.Hour)
	for len(m.messages) > 0 {
		if m.take(10, 30) == 0 {
			m.t.Fatalf("%d messages are never given out", len(m.messages))
		}
		for body, one := range m.messages {
			if !m.isInFlight(one) {
				continue
			}
			if status, _ := m.call("DeleteMessage", map[string]any{"ReceiptHandle": one.handle}); status != 200 {
				m.t.Fatalf("delete: %d", status)
			}
			delete(m.messages, body)
		}
	}
}
