package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// fakeReceiver answers without a network, so that time stands still meanwhile.
type fakeReceiver struct {
	answer func(body string) (status int)

	mu     sync.Mutex
	bodies []string
	keys   []string
}

func (f *fakeReceiver) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bodies = append(f.bodies, string(body))
	f.keys = append(f.keys, q.Header.Get("Idempotency-Key"))
	w := &http.Response{StatusCode: f.answer(string(body)), Body: io.NopCloser(strings.NewReader("no"))}
	return w, nil
}

func (f *fakeReceiver) CloseIdleConnections() {}

func (f *fakeReceiver) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.bodies)
}

func ok(string) int { return 200 }

// batching returns a sink with batches of n in the bubble of a synctest.
func batching(n int, answer func(string) int) (pipeline.Handler, *fakeReceiver, func() error) {
	c := sinkConfig("http://example.com")
	c.Batch = n
	f := &fakeReceiver{answer: answer}
	client := newClient(c, pipeline.System)
	client.transport = f
	h, closeSink := client.handler()
	return h, f, closeSink
}

// sendAll calls h for every payload at the same time, in order.
func sendAll(ctx context.Context, h pipeline.Handler, payloads ...string) []error {
	errs := make([]error, len(payloads))
	var calls sync.WaitGroup
	for i, p := range payloads {
		calls.Go(func() { errs[i] = h(ctx, pipeline.NewEvent(fmt.Sprint(i), []byte(p))) })
		synctest.Wait() // so that they join in order
	}
	calls.Wait()
	return errs
}

func TestFullBatchIsSentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(3, ok)
		start := time.Now()
		errs := sendAll(t.Context(), h, `{"a": 1}`, `2`, `"c"`, `4`, `5`, `6`)
		if errors.Join(errs...) != nil || time.Since(start) != 0 {
			t.Errorf("%v after %s", errs, time.Since(start))
		}
		if got := f.got(); !slices.Equal(got, []string{`[{"a": 1},2,"c"]`, `[4,5,6]`}) {
			t.Errorf("sent %q", got)
		}
		if len(f.keys[0]) != 32 || f.keys[0] == f.keys[1] {
			t.Errorf("keys %q", f.keys)
		}
		_ = closeSink()
	})
}

func TestPartialBatchIsSentAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(3, ok)
		start := time.Now()
		errs := sendAll(t.Context(), h, `1`, `2`)
		if errors.Join(errs...) != nil || time.Since(start) != 50*time.Millisecond {
			t.Errorf("%v after %s", errs, time.Since(start))
		}
		if got := f.got(); !slices.Equal(got, []string{`[1,2]`}) {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestCallerThatLeavesIsTakenOutOfItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(3, ok)
		ctx, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error, 1), make(chan error, 1)
		go func() { left <- h(ctx, pipeline.NewEvent("1", []byte(`1`))) }()
		go func() { stayed <- h(t.Context(), pipeline.NewEvent("2", []byte(`2`))) }()
		synctest.Wait()
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := <-stayed; err != nil {
			t.Error(err)
		}
		if got := f.got(); !slices.Equal(got, []string{`[2]`}) {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestBatchThatEverybodyLeftIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(3, ok)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		sendAll(ctx, h, `1`, `2`)
		if err := sendAll(t.Context(), h, `3`)[0]; err != nil {
			t.Error(err)
		}
		if got := f.got(); !slices.Equal(got, []string{`[3]`}) {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestBadEventOfABatchIsRejectedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(3, func(body string) int {
			if strings.Contains(body, "bad") {
				return 422
			}
			return 200
		})
		errs := sendAll(t.Context(), h, `1`, `"bad"`, `3`)
		if errs[0] != nil || !pipeline.Rejected(errs[1]) || errs[2] != nil {
			t.Errorf("got %v", errs)
		}
		got := f.got()
		slices.Sort(got)
		if !slices.Equal(got, []string{`["bad"]`, `[1,"bad",3]`, `[1]`, `[3]`}) {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestEventThatIsNotJSONDoesNotEnterABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(2, ok)
		errs := sendAll(t.Context(), h, `1`, `<a/>`, `],[`, `2`)
		if errs[0] != nil || !pipeline.Rejected(errs[1]) || !pipeline.Rejected(errs[2]) || errs[3] != nil {
			t.Errorf("got %v", errs)
		}
		if got := f.got(); !slices.Equal(got, []string{`[1,2]`}) {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestBatchThatFailsGoesBackWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(2, func(string) int { return 503 })
		for _, err := range sendAll(t.Context(), h, `1`, `2`) {
			if err == nil || pipeline.Rejected(err) {
				t.Errorf("got %v", err)
			}
		}
		if got := f.got(); len(got) != 1 {
			t.Errorf("sent %q", got)
		}
		_ = closeSink()
	})
}

func TestCloseEndsAnOpenBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, f, closeSink := batching(2, ok)
		result := make(chan error, 1)
		go func() { result <- h(t.Context(), pipeline.NewEvent("1", []byte(`1`))) }()
		synctest.Wait()
		_ = closeSink()
		if err := <-result; !errors.Is(err, errClosed) || len(f.got()) != 0 {
			t.Errorf("%v, sent %q", err, f.got())
		}
	})
}

func TestManyCallsLoseNothing(t *testing.T) {
	seen := make(chan int, 1000)
	h := serve(t, func(_ http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		seen <- rawjson.CountElements(body)
	}, func(c *SinkConfig) { c.Batch = 7 })
	var calls sync.WaitGroup
	for i := range 700 { // a multiple, because nobody moves the clock
		calls.Go(func() {
			if err := h(t.Context(), pipeline.NewEvent(fmt.Sprint(i), fmt.Append(nil, i))); err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	close(seen)
	sum := 0
	for n := range seen {
		sum += n
	}
	if sum != 700 {
		t.Errorf("%d events arrived", sum)
	}
}

func TestDigestKeepsIDsApart(t *testing.T) {
	of := func(ids ...string) string {
		var members []*member
		for _, id := range ids {
			members = append(members, &member{id: id})
		}
		return digest(members)
	}
	if of("ab", "c") == of("a", "bc") || of("a") == of("a", "") {
		t.Error("digests do not tell ids apart")
	}
}
