package listener

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a listener with a subscription. Its requests are the messages that it
// gives to the flow; they are answered with 204 once they are settled.
func open(t *testing.T, change func(*Listener)) (*Listener, <-chan *message.Message) {
	t.Helper()
	l := unopened(":0")
	if change != nil {
		change(l)
	}
	ctx, cancel := context.WithCancel(context.Background())
	messages, err := l.Subscribe(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, messages
}

func unopened(address string) *Listener {
	var l *Listener
	l = New(Options{
		Source: "test", Messages: "tests", Address: address, ReadTimeout: time.Minute, Timeout: time.Minute,
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { serve(l, w, q) }),
		AfterFunc: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop },
		Log:       slog.New(slog.DiscardHandler),
	})
	return l
}

func serve(l *Listener, w http.ResponseWriter, q *http.Request) {
	m := message.NewMessage("", nil)
	if err := l.Deliver(m, q.Context().Done()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// get sends a request and returns the status of its answer, 0 if there is none.
func get(t *testing.T, l *Listener) <-chan int {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	go func() {
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q)
		if err != nil {
			status <- 0
			return
		}
		_ = answer.Body.Close()
		status <- answer.StatusCode
	}()
	return status
}

func TestASubscriberIsUsedOnce(t *testing.T) {
	l, _ := open(t, nil)
	if _, err := l.Subscribe(t.Context(), ""); err == nil {
		t.Error("subscribed twice")
	}
	closed := unopened(":0")
	_ = closed.Close()
	if _, err := closed.Subscribe(t.Context(), ""); err == nil {
		t.Error("subscribed after it was closed")
	}
}

func TestAnAddressInUse(t *testing.T) {
	l, _ := open(t, nil)
	other := unopened(l.Addr().String())
	if _, err := other.Subscribe(t.Context(), ""); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
	if other.Addr() != nil {
		t.Error("it has an address")
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

func TestABrokenListenerEndsTheSourceWithAnError(t *testing.T) {
	l, messages := open(t, nil)
	l.mu.Lock()
	_ = l.listener.Close()
	l.mu.Unlock()
	if _, ok := <-messages; ok || l.Err() == nil || !strings.Contains(l.Err().Error(), "listen for tests") {
		t.Errorf("got %v, %v", ok, l.Err())
	}
}

func TestSlowHeadersLoseTheConnection(t *testing.T) {
	l, _ := open(t, func(l *Listener) { l.Server.ReadHeaderTimeout = 20 * time.Millisecond })
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost:")
	if rest, err := io.ReadAll(conn); err != nil {
		t.Errorf("read %q, %v; want the end", rest, err)
	}
}

func TestCloseWaitsForAnswers(t *testing.T) {
	l, messages := open(t, nil)
	status := get(t, l)
	m := <-messages
	closed := make(chan error)
	go func() { closed <- l.Close() }()
	if _, ok := <-messages; ok {
		t.Error("a message entered after the stop")
	}
	m.Ack()
	if got := <-status; got != http.StatusNoContent {
		t.Errorf("answered %d", got)
	}
	if err := <-closed; err != nil || l.Err() != nil {
		t.Error(err, l.Err())
	}
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	l, messages := open(t, func(l *Listener) {
		l.o.AfterFunc = func(d time.Duration, f func()) func() bool {
			if d != CloseGrace {
				t.Errorf("waits %s", d)
			}
			return time.AfterFunc(0, f).Stop
		}
	})
	status := get(t, l)
	<-messages
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if got := <-status; got != 0 && got != http.StatusServiceUnavailable {
		t.Errorf("answered %d", got)
	}
}
