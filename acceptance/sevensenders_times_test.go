package acceptance

import (
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func TestSS1Documented(t *testing.T) {
	for _, test := range []struct {
		file, zone string
		want       want
	}{
		{"pickup", "", want{key: "s272762277", kind: "Pickup", time: "2020-04-03T18:22:45.000Z"}},
		{"pickup", ", zone: UTC", want{key: "s272762277", kind: "Pickup", time: "2020-04-03T20:22:45.000Z"}},
		{"documented-delivered", "", want{key: "s3030665", kind: "Delivered", time: "2017-08-06T10:01:08.000Z"}},
		{"documented-delivered", ", zone: UTC", want{key: "s3030665", kind: "Delivered", time: "2017-08-06T12:01:08.000Z"}},
	} {
		got, letters := readAs(t, "{sevensenders: {api_key: k, source: {feed: {}}"+test.zone+"}}", vector(t, "sevensenders/"+test.file+".json"))
		if len(got) != 1 {
			t.Fatalf("%s: %d events, dead letters %q", test.file, len(got), letters)
		}
		test.want.check(t, got[0])
	}
}

// TestSS2OddShipments: what is empty, absent, null or new is no mistake.
func TestSS2OddShipments(t *testing.T) {
	for _, test := range []struct {
		body string
		want want
	}{
		{`{"id":"s1","status":"","status_time":"","events":[{"name":"Delay","creation_time":"14.03.2025 08:15:00"}]}`, want{"", "s1", "", "2025-03-14T07:15:00.000Z"}},
		{`{"id":"s1","events":[{"name":"A","creation_time":"02.04.2025 08:15:00"},{"name":"B","creation_time":"14.03.2025 08:15:00"}]}`, want{"", "s1", "", "2025-04-02T06:15:00.000Z"}},
		{`{"id":"s1","status":"Pickup","status_time":"14.03.2025 08:15:00","events":[{"name":"A","creation_time":null},{"name":"B"},null]}`, want{"", "s1", "Pickup", "2025-03-14T07:15:00.000Z"}},
		{`{"id":"s1","status":"Pickup","status_time":"14.03.2025 08:15:00","tickets":null,"events":null}`, want{"", "s1", "Pickup", "2025-03-14T07:15:00.000Z"}},
		{`{"id":"s1","status":"Beamed","status_time":"14.03.2025 08:15:00","new":{"x":[1]}}`, want{"", "s1", "Beamed", "2025-03-14T07:15:00.000Z"}},
		{`{"id":"s1","status":null,"status_time":"yesterday"}`, want{"", "s1", "", ""}},
	} {
		got, letters := readAs(t, "{sevensenders: {api_key: k, source: {feed: {}}}}", test.body)
		if len(got) != 1 {
			t.Errorf("%s: %d events, dead letters %q", test.body, len(got), letters)
			continue
		}
		test.want.check(t, got[0])
	}
}

// TestSS2WithoutAnIdItIsNoShipment: a proxy's refusal is not delivered as an event.
func TestSS2WithoutAnIdItIsNoShipment(t *testing.T) {
	for _, body := range []string{`{}`, `{"status":"Pickup","status_time":"14.03.2025 08:15:00"}`, `{"message":"Forbidden"}`, `null`, `[]`} {
		mustBury(t, "{sevensenders: {api_key: k, source: {feed: {}}}}", body, "body.id")
	}
}

// TestSS1HoursThatTheClocksRepeat: of the two the later one counts that is not after the receipt.
func TestSS1HoursThatTheClocksRepeat(t *testing.T) {
	got, _ := readAs(t, "{sevensenders: {api_key: k, source: {feed: {}}}}", shipment("s1", "Pickup", "26.10.2025 02:30:00"))
	if len(got) != 1 || got[0].Meta[pipeline.MarkAmbiguousTime] == "" || stamp(got[0].Time) != "2025-10-26T01:30:00.000Z" {
		t.Errorf("got %+v", got)
	}
}
