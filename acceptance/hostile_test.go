package acceptance

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/leat-io/leat/pipeline/flowtest"
)

// feeds are presets that take their payloads from the test, and one of each.
var feeds = map[string]struct{ from, payload, format string }{
	"sevensenders": {"{sevensenders: {api_key: k, source: {feed: {}}}}", shipment("s1", "Delivered", "14.03.2025 08:15:00"), "JSON"},
	"di":           {"{di: {source: {feed: {}}, verify: false, raw: true}}", `{"events":[` + parcelEvent("37001", "2025-06-12 10:08:23", "103") + `]}`, "JSON"},
	"mws":          {"{mws: {source: {feed: {}}}}", offerChanged("u-1", "2019-06-11T09:30:11.004Z"), "XML"},
	"spapi":        {fromSPAPI, orderChange, "JSON"},
	"tiki":         {"{tiki: {source: {feed: {}}}}", `{"id":"t-1","sid":"S","created_at":1718180903418,"payload":{"order_code":"9"},"type":"ORDER_STATUS_UPDATED","version":"v1"}`, "JSON"},
}

// unreadable are payloads that no vendor meant to send.
func unreadable(format string) map[string]string {
	texts := map[string]string{
		"an empty body": "", "an error page": "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center>nginx<br></center></body></html>",
		"a cut body": `{"id":"1","events":[{`, "text": "temporarily unavailable", "Latin-1": "{\"id\":\"Troms\xf8\",\"events\":[]}",
		"UTF-16": utf16Text(`{"id":"1"}`), "two bodies": `{"id":"1"} {"id":"2"}`, "too deep": strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
	}
	if format == "XML" {
		texts["a cut body"], texts["Latin-1"] = "<Notification><NotificationMetaData>", "<Notification>Troms\xf8</Notification>"
		texts["too deep"] = strings.Repeat("<a>", 200) + strings.Repeat("</a>", 200)
	}
	return texts
}

func utf16Text(text string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, u := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// TestWhatCannotBeReadGoesAsideAndTheFeedMovesOn: none is delivered, none is lost, and
// the event behind each arrives.
func TestWhatCannotBeReadGoesAsideAndTheFeedMovesOn(t *testing.T) {
	for name, feed := range feeds {
		for what, text := range unreadable(feed.format) {
			t.Run(name+", "+what, func(t *testing.T) {
				var bad, good *flowtest.Sent
				fed(t, flow{from: feed.from}, func(rig *flowtest.Rig) {
					bad, good = rig.Feed.Send("bad", text), rig.Feed.Send("good", feed.payload)
				}, func(rig *flowtest.Rig) {
					out, dead := rig.Recorder.Got("out"), rig.Recorder.Bodies("dead")
					if len(out) != 1 || len(dead) != 1 || !bad.Acked() || !good.Acked() {
						t.Errorf("%d delivered, dead letters %.300q, settled %v and %v", len(out), dead, bad.Acked(), good.Acked())
					}
				})
			})
		}
	}
}

// TestMegabyteOfUnknownFieldsPasses: feeds grow without notice. The bytes stay as they are.
func TestMegabyteOfUnknownFieldsPasses(t *testing.T) {
	var more strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&more, `"new_field_%05d":{"value":%d.50,"nested":[null]},`, i, i)
	}
	for name, feed := range feeds {
		large := strings.Replace(feed.payload, `"id":`, more.String()+`"id":`, 1)
		switch name {
		case "di":
			large = strings.Replace(feed.payload, `"trackingNumber":`, more.String()+`"trackingNumber":`, 1)
		case "spapi":
			large = strings.Replace(feed.payload, `"SellerId":`, more.String()+`"SellerId":`, 1)
		case "mws":
			large = strings.Replace(feed.payload, "<Summary>", strings.Repeat(`<New at="1">`+strings.Repeat("é", 20)+`</New>`, 20_000)+"<Summary>", 1)
		}
		small, _ := readAs(t, feed.from, feed.payload)
		got, letters := readAs(t, feed.from, large)
		if len(got) != 1 || len(large) < 1_000_000 {
			t.Errorf("%s: %d events of %d bytes, dead letters %.200q", name, len(got), len(large), letters)
			continue
		}
		want{small[0].ID, small[0].Key, small[0].Type, stamp(small[0].Time)}.check(t, got[0])
		if !strings.Contains(large, got[0].Body) && name != "mws" {
			t.Errorf("%s: the payload was changed", name)
		}
	}
}
