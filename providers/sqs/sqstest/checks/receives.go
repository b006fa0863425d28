package checks

import (
	"context"
	"maps"
	url2 "net/url"
	"slices"
	"strconv"
	"testing"
	"time"
)

var receiveChecks = []check{
	{"answers a short poll of an empty queue at once", func(t *testing.T, c client) {
		url, start := newQueue(t, c, nil), time.Now()
		if got := mustReceive(t, c, url, ten); len(got) != 0 || time.Since(start) > 5*time.Second {
			t.Errorf("%d messages after %s", len(got), time.Since(start))
		}
	}},
	{"answers a long poll when its time is up", func(t *testing.T, c client) {
		url, start := newQueue(t, c, nil), time.Now()
		got := mustReceive(t, c, url, receive{limit: 10, wait: 1, visibility: -1})
		if took := time.Since(start); len(got) != 0 || took < 900*time.Millisecond {
			t.Errorf("%d messages after %s", len(got), took)
		}
	}},
	{"ends a long poll when a message comes", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		polled := make(chan []message, 1)
		go func() {
			got, _ := c.receive(t.Context(), url, receive{limit: 10, wait: 10, visibility: -1})
			polled <- got
		}()
		start := time.Now()
		mustSend(t, c, url, message{body: "x"})
		wantBodies(t, <-polled, "x")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	}},
	{"ends a long poll when a message becomes visible again", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
		mustSend(t, c, url, message{body: "x"})
		mustReceiveOne(t, c, url)
		start := time.Now()
		wantBodies(t, mustReceive(t, c, url, receive{limit: 10, wait: 10, visibility: -1}), "x")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
	}},
	{"waits by default as long as the queue says", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"ReceiveMessageWaitTimeSeconds": "1"})
		start := time.Now()
		// A wait of zero is different from none, which the SDK cannot send.
		if raw, ok := c.(*queryClient); ok {
			if _, err := raw.call(t.Context(), url, "ReceiveMessage", url2.Values{}); err != nil {
				t.Fatal(err)
			}
		} else if got := mustReceive(t, c, url, receive{limit: 1, visibility: -1}); len(got) != 0 {
			t.Errorf("%d messages", len(got))
		}
		if took := time.Since(start); took < 900*time.Millisecond {
			t.Errorf("it took %s", took)
		}
	}},
	{"gives out ten messages at most", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		for i := range 12 {
			mustSend(t, c, url, message{body: strconv.Itoa(i)})
		}
		if got := mustReceive(t, c, url, ten); len(got) < 1 || len(got) > 10 {
			t.Errorf("%d messages", len(got))
		}
	}},
	{"refuses to give out eleven messages", func(t *testing.T, c client) {
		_, err := c.receive(t.Context(), newQueue(t, c, nil), receive{limit: 11, visibility: -1})
		wantCode(t, err, "InvalidParameterValue", "ReadCountOutOfRange")
	}},
	{"refuses to wait longer than 20 seconds", func(t *testing.T, c client) {
		_, err := c.receive(t.Context(), newQueue(t, c, nil), receive{limit: 1, wait: 21, visibility: -1})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"counts receives and tells when the first was", func(t *testing.T, c client) {
		url, before := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"}), time.Now().UnixMilli()
		mustSend(t, c, url, message{body: "x"})
		first, second := mustReceiveOne(t, c, url), mustReceiveOne(t, c, url)
		if first.system["ApproximateReceiveCount"] != "1" || second.system["ApproximateReceiveCount"] != "2" {
			t.Errorf("counts %s and %s", first.system["ApproximateReceiveCount"], second.system["ApproximateReceiveCount"])
		}
		at, sent := second.system["ApproximateFirstReceiveTimestamp"], second.system["SentTimestamp"]
		if at != first.system["ApproximateFirstReceiveTimestamp"] || !isMillisFrom(at, before) || !isMillisFrom(sent, before) {
			t.Errorf("system attributes %v, then %v", first.system, second.system)
		}
	}},
	{"gives out only the system attributes that are asked for", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceive(t, c, url, receive{limit: 1, wait: 2, visibility: -1, system: []string{"SentTimestamp"}})
		if len(got) != 1 || len(got[0].system) != 1 || got[0].system["SentTimestamp"] == "" {
			t.Errorf("%+v", got)
		}
	}},
	{"gives out the message attributes that are asked for", func(t *testing.T, c client) {
		for want, ask := range map[string][]string{
			"": nil, "text": {"text"}, "bytes,text": {"text", "bytes", "no"}, "my.picture": {"my.*"}, "bytes,labelled,my.picture,number,text": {".*"},
		} {
			url := newQueue(t, c, nil)
			mustSend(t, c, url, message{body: "x", attributes: mixed})
			got := mustReceive(t, c, url, receive{limit: 1, wait: 2, visibility: -1, attributes: ask})
			if len(got) != 1 {
				t.Fatalf("%d messages", len(got))
			}
			if names := joined(got[0].attributes); names != want {
				t.Errorf("asked for %q, got %q", ask, names)
			}
		}
	}},
	{"does not give a message to a client that has gone", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "600"})
		for range 5 {
			ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
			_, err := c.receive(ctx, url, receive{limit: 1, wait: 10, visibility: -1})
			leave()
			if err == nil {
				t.Fatal("the poll did not end with its context")
			}
		}
		mustSend(t, c, url, message{body: "x"})
		if got := mustReceiveOne(t, c, url); got.system["ApproximateReceiveCount"] != "1" {
			t.Errorf("received %s times", got.system["ApproximateReceiveCount"])
		}
	}},
}

func isMillisFrom(text string, from int64) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n >= from-1000 && n < from+600_000
}

func joined(attributes map[string]attribute) (names string) {
	for i, n := range slices.Sorted(maps.Keys(attributes)) {
		if i > 0 {
			names += ","
		}
		names += n
	}
	return names
}
