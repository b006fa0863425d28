package checks

import "testing"

var deleteChecks = []check{
	{"deletes a message for good", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.remove(t.Context(), url, got.handle); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, late))
	}},
	{"deletes a message twice without an error", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		for range 2 {
			if err := c.remove(t.Context(), url, got.handle); err != nil {
				t.Error(err)
			}
		}
	}},
	{"deletes a message whose visibility timeout is over", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		got := mustReceiveOne(t, c, url)
		if err := c.hide(t.Context(), url, got.handle, 0); err != nil {
			t.Fatal(err)
		}
		if err := c.remove(t.Context(), url, got.handle); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, ten))
	}},
	{"gives out a new receipt handle at each receive", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		first := mustReceiveOne(t, c, url)
		if err := c.hide(t.Context(), url, first.handle, 0); err != nil {
			t.Fatal(err)
		}
		if second := mustReceiveOne(t, c, url); second.handle == first.handle || second.id != first.id {
			t.Errorf("first %+v, then %+v", first, second)
		}
	}},
	{"refuses a receipt handle that is none", func(t *testing.T, c client) {
		err := c.remove(t.Context(), newQueue(t, c, nil), "no handle")
		wantCode(t, err, "ReceiptHandleIsInvalid")
	}},
}
