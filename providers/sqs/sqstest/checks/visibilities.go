package checks

import "testing"

var visibilityChecks = []check{
	{"gives a message out again when its visibility timeout is over", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
		s := mustSend(t, c, url, message{body: "x"})
		mustReceiveOne(t, c, url)
		wantBodies(t, mustReceive(t, c, url, ten))
		if again := mustReceiveOne(t, c, url); again.id != s.id {
			t.Errorf("id %s, then %s", s.id, again.id)
		}
	}},
	{"takes the visibility timeout of the receive before the queue's", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "600"})
		mustSend(t, c, url, message{body: "x"})
		if got := mustReceive(t, c, url, receive{limit: 1, wait: 2, visibility: 1}); len(got) != 1 {
			t.Fatalf("%d messages", len(got))
		}
		wantBodies(t, await(t, c, url), "x")
	}},
	{"makes a message visible at once", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "600"})
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.hide(t.Context(), url, got.handle, 0); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, ten), "x")
	}},
	{"lengthens the visibility timeout", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.hide(t.Context(), url, got.handle, 600); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, late))
	}},
	{"refuses to lengthen it beyond twelve hours", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		wantCode(t, c.hide(t.Context(), url, got.handle, 43_201), "InvalidParameterValue")
		wantBodies(t, mustReceive(t, c, url, ten))
	}},
	{"refuses to change the visibility of a message that is not in flight", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.hide(t.Context(), url, got.handle, 0); err != nil {
			t.Fatal(err)
		}
		err := c.hide(t.Context(), url, got.handle, 10)
		wantCode(t, err, "MessageNotInflight")
	}},
	{"refuses to change the visibility of a message that is deleted", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.remove(t.Context(), url, got.handle); err != nil {
			t.Fatal(err)
		}
		wantCode(t, c.hide(t.Context(), url, got.handle, 10), "InvalidParameterValue", "MessageNotInflight")
	}},
	{"moves a message that was received too often to the dead letters", func(t *testing.T, c client) {
		dead := newQueue(t, c, nil)
		arn, err := c.attributes(t.Context(), dead, "QueueArn")
		if err != nil {
			t.Fatal(err)
		}
		url := newQueue(t, c, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn["QueueArn"] + `","maxReceiveCount":2}`})
		s := mustSend(t, c, url, message{body: "x", attributes: mixed})
		for range 2 {
			if err := c.hide(t.Context(), url, mustReceiveOne(t, c, url).handle, 0); err != nil {
				t.Fatal(err)
			}
		}
		wantBodies(t, mustReceive(t, c, url, ten))
		got := mustReceiveOne(t, c, dead)
		if got.id != s.id || len(got.attributes) != len(mixed) {
			t.Errorf("sent %+v, received %+v", s, got)
		}
	}},
	{"names the queue that a dead letter is from", func(t *testing.T, c client) {
		dead := newQueue(t, c, nil)
		arn, err := c.attributes(t.Context(), dead, "QueueArn")
		if err != nil {
			t.Fatal(err)
		}
		url := newQueue(t, c, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn["QueueArn"] + `","maxReceiveCount":"1"}`})
		mustSend(t, c, url, message{body: "x"})
		if err := c.hide(t.Context(), url, mustReceiveOne(t, c, url).handle, 0); err != nil {
			t.Fatal(err)
		}
		mustReceive(t, c, url, ten)
		from, _ := c.attributes(t.Context(), url, "QueueArn")
		if got := mustReceiveOne(t, c, dead); got.system["DeadLetterQueueSourceArn"] != from["QueueArn"] {
			t.Errorf("system attributes %v", got.system)
		}
	}},
}
