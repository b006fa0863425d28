package tikitest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// bench is a server that is called directly.
type bench struct {
	t *testing.T
	s *Server
}

func newBench(t *testing.T, o Options) bench {
	t.Helper()
	s, err := Handler(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddQueue("q")
	return bench{t, s}
}

// call makes a call and returns the status and what was answered.
func (b bench) call(token, method, path, body string) (int, string) {
	b.t.Helper()
	q, _ := http.NewRequest(method, b.s.BaseURL+path, strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer "+token)
	answer, err := b.s.Direct().RoundTrip(q)
	if err != nil {
		b.t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text)
}

// token gets one for the client.
func (b bench) token() string {
	b.t.Helper()
	q, _ := http.NewRequest(http.MethodPost, b.s.TokenURL, strings.NewReader("grant_type=client_credentials"))
	q.SetBasicAuth("client", "secret")
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.s.Direct().RoundTrip(q)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.t.Fatal(err, answer)
	}
	var out struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	return out.AccessToken
}

func TestTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		token := b.token()
		if code, text := b.call(token, "GET", "/queues", ""); code != 200 || !strings.Contains(text, `"status":"ACTIVE"`) {
			t.Errorf("%d %s", code, text)
		}
		time.Sleep(time.Hour)
		if code, _ := b.call(token, "GET", "/queues", ""); code != 401 {
			t.Errorf("after an hour: %d", code)
		}
		if code, _ := b.call("guessed", "GET", "/queues", ""); code != 401 {
			t.Errorf("a token that was never given: %d", code)
		}
	})
}

func TestASubscriptionActsAfterSomeMinutesAndBelongsToItsSeller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{SellerTokens: []string{"a", "b"}})
		if code, text := b.call("a", "POST", "/queues/q/subscriptions", `{"event_type":"T"}`); code != 200 {
			t.Fatal(code, text)
		}
		if code, _ := b.call("a", "POST", "/queues/q/subscriptions", `{"event_type":"T"}`); code != 409 {
			t.Errorf("a second one: %d", code)
		}
		if code, _ := b.call(b.token(), "POST", "/queues/q/subscriptions", `{"event_type":"T"}`); code != 403 {
			t.Errorf("with the token of the platform: %d", code)
		}
		event := Event{SID: b.s.SellerID("a"), Type: "T"}
		if n := b.s.Publish(event); n != 0 {
			t.Error("it acts at once")
		}
		time.Sleep(3 * time.Minute)
		if n := b.s.Publish(event) + b.s.Publish(Event{SID: b.s.SellerID("b"), Type: "T"}) + b.s.Publish(Event{SID: b.s.SellerID("a"), Type: "U"}); n != 1 {
			t.Errorf("%d events came", n)
		}
		if _, text := b.call("b", "GET", "/queues/q/subscriptions", ""); strings.TrimSpace(text) != "[]" {
			t.Errorf("another seller sees %s", text)
		}
	})
}

func TestAcksAreCumulativeAndEventsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{Grow: true, MaxEvents: 2})
		token := b.token()
		pull := func(ack string) (events int, next string) {
			code, text := b.call(token, "POST", "/queues/q/events/pull", `{"ack_id":`+ack+`}`)
			var out struct {
				Events []json.RawMessage
				AckID  json.RawMessage `json:"ack_id"`
			}
			if err := json.Unmarshal([]byte(text), &out); err != nil || code != 200 {
				t.Fatal(code, text)
			}
			return len(out.Events), string(out.AckID)
		}
		_ = b.s.Push("q", "1")
		n, first := pull("null")
		_ = b.s.Push("q", "2", "3")
		m, second := pull("null")
		if n != 1 || m != 2 || first == second {
			t.Fatalf("%d and %d events, %s and %s", n, m, first, second)
		}
		if n, _ := pull(second); n != 1 {
			t.Errorf("%d events after both", n)
		}
		if code, _ := b.call(token, "POST", "/queues/q/events/pull", `{"ack_id":`+first+`}`); code != 400 {
			t.Errorf("an ack_id of what is removed: %d", code)
		}
		time.Sleep(8*24*time.Hour - time.Hour)
		if q, _ := b.s.Queue("q"); q.Waiting != 0 || q.Expired != 1 || q.Removed != 3 {
			t.Errorf("%+v", q)
		}
	})
}

func TestItIsOnlyForThisMachine(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", "example.com:80", "127.0.0.1"} {
		if s, err := Start(Options{Addr: addr}); err == nil {
			s.Close()
			t.Errorf("it listens on %s", addr)
		}
	}
}
