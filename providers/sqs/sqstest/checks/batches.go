package checks

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func entries(n int, body string) (all []message) {
	for i := range n {
		all = append(all, message{entry: "e" + strconv.Itoa(i), body: body})
	}
	return all
}

var batchChecks = []check{
	{"takes a batch of ten", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		done, failed, err := c.sendBatch(t.Context(), url, entries(10, "x"))
		if err != nil || len(done) != 10 || len(failed) != 0 || done[3].bodyDigest != digest("x") || done[3].id == "" {
			t.Errorf("%+v, %+v, %v", done, failed, err)
		}
	}},
	{"refuses a batch that is empty", func(t *testing.T, c client) {
		_, _, err := c.sendBatch(t.Context(), newQueue(t, c, nil), nil)
		wantCode(t, err, "EmptyBatchRequest")
	}},
	{"refuses a batch of eleven", func(t *testing.T, c client) {
		_, _, err := c.sendBatch(t.Context(), newQueue(t, c, nil), entries(11, "x"))
		wantCode(t, err, "TooManyEntriesInBatchRequest")
	}},
	{"refuses a batch with an id twice", func(t *testing.T, c client) {
		all := entries(3, "x")
		all[2].entry = all[0].entry
		_, _, err := c.sendBatch(t.Context(), newQueue(t, c, nil), all)
		wantCode(t, err, "BatchEntryIdsNotDistinct")
	}},
	{"refuses a batch with an id that is none", func(t *testing.T, c client) {
		all := entries(2, "x")
		all[1].entry = "two words"
		_, _, err := c.sendBatch(t.Context(), newQueue(t, c, nil), all)
		wantCode(t, err, "InvalidBatchEntryId")
	}},
	{"refuses a batch of more than 1 MiB", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		if _, _, err := c.sendBatch(t.Context(), url, entries(8, strings.Repeat("x", 1<<17))); err != nil {
			t.Fatal(err)
		}
		_, _, err := c.sendBatch(t.Context(), url, entries(8, strings.Repeat("x", 1<<17+1)))
		wantCode(t, err, "BatchRequestTooLong")
	}},
	{"takes the good entries of a batch and names the bad ones", func(t *testing.T, c client) {
		url, all := newQueue(t, c, nil), entries(3, "x")
		all[1].body = "a\x01b"
		done, bad, err := c.sendBatch(t.Context(), url, all)
		if err != nil || len(done) != 2 || !reflect.DeepEqual(bad, []failed{{"e1", "InvalidMessageContents", true}}) {
			t.Errorf("%+v, %+v, %v", done, bad, err)
		}
	}},
	{"deletes a batch and names the handles that are none", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "1"})
		mustSend(t, c, url, message{body: "x"})
		good := mustReceiveOne(t, c, url)
		done, bad, err := c.removeBatch(t.Context(), url, []entry{{id: "good", handle: good.handle}, {id: "bad", handle: "no handle"}})
		if err != nil || !reflect.DeepEqual(done, []string{"good"}) || !reflect.DeepEqual(bad, []failed{{"bad", "ReceiptHandleIsInvalid", true}}) {
			t.Errorf("%+v, %+v, %v", done, bad, err)
		}
		wantBodies(t, mustReceive(t, c, url, late))
	}},
	{"refuses to delete an empty batch", func(t *testing.T, c client) {
		_, _, err := c.removeBatch(t.Context(), newQueue(t, c, nil), nil)
		wantCode(t, err, "EmptyBatchRequest")
	}},
	{"changes the visibility of a batch and names what cannot be changed", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "600"})
		mustSend(t, c, url, message{body: "x"})
		good := mustReceiveOne(t, c, url)
		done, bad, err := c.hideBatch(t.Context(), url, []entry{{id: "good", handle: good.handle}, {id: "bad", handle: "no handle"}})
		if err != nil || !reflect.DeepEqual(done, []string{"good"}) || !reflect.DeepEqual(bad, []failed{{"bad", "ReceiptHandleIsInvalid", true}}) {
			t.Errorf("%+v, %+v, %v", done, bad, err)
		}
		wantBodies(t, mustReceive(t, c, url, ten), "x")
	}},
}
