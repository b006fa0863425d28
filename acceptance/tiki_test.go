package acceptance

import (
	"encoding/json"
	"testing"
)

// elementOf is one of the events in the answer to a pull.
func elementOf(t *testing.T, answer string, i int) string {
	t.Helper()
	var list struct{ Events []json.RawMessage }
	if err := json.Unmarshal([]byte(answer), &list); err != nil || len(list.Events) <= i {
		t.Fatalf("%d events: %v", len(list.Events), err)
	}
	return string(list.Events[i])
}

func TestTK1Documented(t *testing.T) {
	for i, at := range []string{"2020-11-03T07:29:08.418Z", "2020-11-03T07:32:44.934Z"} {
		got, letters := readAs(t, "{tiki: {source: {feed: {}}}}", elementOf(t, vector(t, "tiki/documented-pull-response.json"), i))
		if len(got) != 1 {
			t.Fatalf("%d events, dead letters %q", len(got), letters)
		}
		id := []string{"e4ecb7e5-f12f-4807-ade9-bf4aa1512b71", "a96d8c5b-769e-426a-b051-eaf2a671a596"}[i]
		want{id, "063B7B71DF51BDB8B46C00F84F1CA928C30742A7|203791555", "ORDER_STATUS_UPDATED", at}.check(t, got[0])
	}
}

func TestTK1OddEvents(t *testing.T) {
	for _, test := range []struct {
		body string
		want want
	}{
		{`{"id":"t-1","sid":"S","created_at":1718180903418,"payload":{"product_id":771200},"type":"PRODUCT_UPDATED"}`, want{"t-1", "S|771200", "PRODUCT_UPDATED", "2024-06-12T08:28:23.418Z"}},
		{`{"id":"t-1","sid":"S","created_at":"1718180903418","payload":{"order_code":9},"type":"NEW_KIND","more":1}`, want{"t-1", "S|9", "NEW_KIND", "2024-06-12T08:28:23.418Z"}},
		{`{"id":null,"sid":"S","created_at":null,"payload":{"order_code":"9"},"type":null}`, want{"m", "S|9", "", ""}},
		{`{"id":"t-1","sid":"S","created_at":1718180903418,"payload":null,"type":"X"}`, want{"t-1", "S|", "X", "2024-06-12T08:28:23.418Z"}},
	} {
		got, letters := readAs(t, "{tiki: {source: {feed: {}}}}", test.body)
		if len(got) != 1 {
			t.Errorf("%s: %d events, dead letters %q", test.body, len(got), letters)
			continue
		}
		test.want.check(t, got[0])
	}
}
