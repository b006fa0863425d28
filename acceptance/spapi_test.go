package acceptance

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

const fromSPAPI = "{spapi: {source: {feed: {}}}}"

// TestSP1Documented compares every recorded notification with what is known of it.
func TestSP1Documented(t *testing.T) {
	r := csv.NewReader(strings.NewReader(vector(t, "MANIFEST.tsv")))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, row := range rows {
		name, isSPAPI := strings.CutPrefix(row[0], "spapi/")
		if !isSPAPI || !slices.Contains(recorded, strings.TrimSuffix(name, ".json")) {
			continue
		}
		seen++
		got, letters := readAs(t, fromSPAPI, vector(t, row[0]))
		if fmt.Sprint(len(got)) != row[5] {
			t.Errorf("%s: %d events, dead letters %q", row[0], len(got), letters)
			continue
		}
		for i, key := range strings.Split(row[3], " ; ") {
			if _, rest, ok := strings.Cut(key, "use SubscriptionId) "); ok {
				key = rest
			}
			w := want{row[2], key, row[1], row[4]}
			if len(got) > 1 {
				w.id = fmt.Sprint(row[2], "#", i)
			}
			w.check(t, got[i])
		}
	}
	if seen != len(recorded) {
		t.Errorf("%d of %d notifications are there", seen, len(recorded))
	}
}

// recorded are the notifications that were published by Amazon.
var recorded = []string{
	"account_status_changed-01", "any_offer_changed-01", "detail_page_traffic_event-01", "documented-feed_processing_finished",
	"documented-order_status_change", "documented-report_processing_finished", "fba_outbound_shipment_status-01",
	"feed_processing_finished-01", "listings_item_status_change-01", "order_change-01", "pricing_health-01",
	"report_processing_finished-01", "transaction_update-01",
}

// orderChange is a notification in PascalCase, feedFinished one in camelCase.
const (
	orderChange = `{"NotificationVersion":"1.0","NotificationType":"ORDER_CHANGE","PayloadVersion":"1.0","EventTime":"2025-06-12T08:08:23.456Z",` +
		`"Payload":{"OrderChangeNotification":{"SellerId":"A1","AmazonOrderId":"902-1"}},"NotificationMetadata":{"SubscriptionId":"sub","PublishTime":"2025-06-12T08:08:20Z","NotificationId":"n-1"}}`
	feedFinished = `{"notificationVersion":"1.0","notificationType":"FEED_PROCESSING_FINISHED","payloadVersion":"1.0","eventTime":"2025-06-12T08:08:23.456Z",` +
		`"payload":{"feedProcessingFinishedNotification":{"sellerId":"A1","feedId":"77"}},"notificationMetadata":{"subscriptionId":"sub","publishTime":"2025-06-12T08:08:20Z","notificationId":"n-2"}}`
)

func TestSP1SP2EitherCasingAndWhatIsMissing(t *testing.T) {
	const at = "2025-06-12T08:08:23.456Z"
	for _, test := range []struct {
		body string
		want want
	}{
		{orderChange, want{"n-1", "A1|902-1", "ORDER_CHANGE", at}},
		{feedFinished, want{"n-2", "77", "FEED_PROCESSING_FINISHED", at}},
		{strings.Replace(orderChange, `"EventTime":"2025-06-12T08:08:23.456Z",`, "", 1), want{"n-1", "A1|902-1", "ORDER_CHANGE", "2025-06-12T08:08:20.000Z"}},
		{strings.Replace(orderChange, `,"NotificationId":"n-1"`, "", 1), want{"m", "A1|902-1", "ORDER_CHANGE", at}},
		{strings.Replace(orderChange, `"n-1"`, "null", 1), want{"m", "A1|902-1", "ORDER_CHANGE", at}},
		{strings.Replace(orderChange, "ORDER_CHANGE", "BRAND_NEW_KIND", 1), want{"n-1", "sub", "BRAND_NEW_KIND", at}},
		{strings.Replace(orderChange, `"AmazonOrderId":"902-1"`, `"More":[null,{"x":1}]`, 1), want{"n-1", "A1|", "ORDER_CHANGE", at}},
		{`{"NotificationType":"ORDER_CHANGE","Payload":null}`, want{"m", "", "ORDER_CHANGE", ""}},
	} {
		got, letters := readAs(t, fromSPAPI, test.body)
		if len(got) != 1 {
			t.Errorf("%s: %d events, dead letters %q", test.body, len(got), letters)
			continue
		}
		test.want.check(t, got[0])
	}
}

// TestSP5EventBridge: the notification is in the detail.
func TestSP5EventBridge(t *testing.T) {
	got, letters := readAs(t, fromSPAPI, `{"version":"0","id":"e-1","detail-type":"ORDER_CHANGE","source":"aws.partner/sellingpartnerapi.amazon.com/1","detail":`+orderChange+`}`)
	if len(got) != 1 {
		t.Fatalf("%d events, dead letters %q", len(got), letters)
	}
	want{"n-1", "A1|902-1", "ORDER_CHANGE", "2025-06-12T08:08:23.456Z"}.check(t, got[0])
}

// TestSP3Copies: the same id under two types is no copy, the same notification again is one.
func TestSP3Copies(t *testing.T) {
	fed(t, flow{from: fromSPAPI, stages: "dedupe: {}"}, func(rig *flowtest.Rig) {
		rig.Feed.Send("1", orderChange)
		rig.Feed.Send("2", strings.Replace(orderChange, "ORDER_CHANGE", "ORDER_STATUS_CHANGE", 1))
		rig.Feed.Send("3", orderChange)
	}, func(rig *flowtest.Rig) {
		if n := len(rig.Recorder.Got("out")); n != 2 {
			t.Errorf("%d events left, want 2", n)
		}
	})
}

// TestSP5SecretsStayOutOfDeadLetters: the new secret of an application is in none.
func TestSP5SecretsStayOutOfDeadLetters(t *testing.T) {
	const secret = "amzn1.oa2-cs.v1.0123456789abcdef"
	pascal := `{"NotificationType":"APPLICATION_OAUTH_CLIENT_NEW_SECRET","Payload":{"ApplicationOAuthClientNewSecret":{"ClientId":"c-1","NewClientSecret":"` + secret + `"}},"NotificationMetadata":{"NotificationId":"n-1"}}`
	camel := `{"notificationType":"APPLICATION_OAUTH_CLIENT_NEW_SECRET","payload":{"applicationOAuthClientNewSecret":{"clientId":"c-1","newClientSecret":"` + secret + `"}},"notificationMetadata":{"notificationId":"n-1"}}`
	for _, body := range []string{
		pascal, camel, `{"detail-type":"x","detail":` + pascal + `}`, `{"detail-type":"x","detail":` + fmt.Sprintf("%q", camel) + `}`, camel[:len(camel)-1],
	} {
		fed(t, flow{from: fromSPAPI, fail: refuseOut}, func(rig *flowtest.Rig) { rig.Feed.Send("m", body) }, func(rig *flowtest.Rig) {
			mustConceal(t, rig, secret)
		})
	}
}

// refuseOut has the sink out refuse what it gets, with all of it in the error.
func refuseOut(sink string, e *pipeline.Event, _ int) error {
	if sink != "out" {
		return nil
	}
	raw, err := e.Bytes()
	if err != nil {
		return err
	}
	return pipeline.Reject(fmt.Errorf("refused: %s", raw))
}

// mustConceal checks that there is a dead letter without the secrets.
func mustConceal(t *testing.T, rig *flowtest.Rig, secrets ...string) {
	t.Helper()
	dead := rig.Recorder.Bodies("dead")
	if len(dead) != 1 || !strings.Contains(dead[0], `"redacted":true`) {
		t.Fatalf("dead letters %q, want one that is redacted", dead)
	}
	for _, s := range secrets {
		if strings.Contains(dead[0], s) {
			t.Errorf("the dead letter shows %s: %s", s, dead[0])
		}
	}
}
