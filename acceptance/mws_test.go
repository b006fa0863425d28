package acceptance

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline/flowtest"
)

const fromMWS = "{mws: {source: {feed: {}}}}"

func metaData(kind, id, at string) string {
	return "<NotificationMetaData><NotificationType>" + kind + "</NotificationType><PayloadVersion>1.0</PayloadVersion><UniqueId>" + id + "</UniqueId><PublishTime>" + at +
		"</PublishTime><SellerId>A1SELLER</SellerId><MarketplaceId>A1PA</MarketplaceId></NotificationMetaData>"
}

func notification(meta, payload string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Notification>" + meta + "<NotificationPayload>" + payload + "</NotificationPayload></Notification>"
}

// offerChanged is a notification of MWS.
func offerChanged(id, at string) string {
	return notification(metaData("AnyOfferChanged", id, "2019-06-11T09:30:12.221Z"), `<AnyOfferChangedNotification><OfferChangeTrigger><MarketplaceId>A1PA</MarketplaceId>`+
		`<ASIN>B00SAMPLE1</ASIN><ItemCondition>new</ItemCondition><TimeOfOfferChange>`+at+`</TimeOfOfferChange></OfferChangeTrigger>`+
		`<Summary><NumberOfOffers><OfferCount condition="new" fulfillmentChannel="Merchant">2</OfferCount></NumberOfOffers></Summary></AnyOfferChangedNotification>`)
}

func TestMW1Documented(t *testing.T) {
	got, letters := readAs(t, fromMWS, vector(t, "mws/anyofferchanged.xml"))
	if len(got) != 1 {
		t.Fatalf("%d events, dead letters %q", len(got), letters)
	}
	want{"4e3a2c04-5f63-4afb-8666-e480e83fae47", "A2H6E05OPYV8CQ|ATVPDKIKX0DER|B001BXLZUO|new", "AnyOfferChanged", "2015-01-06T14:15:54.699Z"}.check(t, got[0])
}

func TestMW1EveryKind(t *testing.T) {
	const published = "2019-06-11T09:30:12.221Z"
	for _, test := range []struct {
		body string
		want want
	}{
		{offerChanged("u-1", "2019-06-11T09:30:11.004Z"), want{"u-1", "A1SELLER|A1PA|B00SAMPLE1|new", "AnyOfferChanged", "2019-06-11T09:30:11.004Z"}},
		{notification(metaData("FeedProcessingFinished", "u-2", published), `<FeedProcessingFinishedNotification><SellerId>A1SELLER</SellerId><FeedSubmissionId>77</FeedSubmissionId></FeedProcessingFinishedNotification>`),
			want{"u-2", "", "FeedProcessingFinished", published}},
		{notification(metaData("FulfillmentOrderStatus", "u-3", published), `<FulfillmentOrderStatusNotification><SellerId>A1SELLER</SellerId><StatusUpdatedDateTime>2019-06-11T08:00:00Z</StatusUpdatedDateTime></FulfillmentOrderStatusNotification>`),
			want{"u-3", "", "FulfillmentOrderStatus", "2019-06-11T08:00:00.000Z"}},
		{notification(metaData("Test", "u-4", published), ""), want{"u-4", "", "Test", published}},
		{notification(metaData("SomethingNew", "u-5", published), "<Other/>"), want{"u-5", "", "SomethingNew", published}},
		{notification(metaData("Test", "", ""), ""), want{"m", "", "Test", ""}},
	} {
		got, letters := readAs(t, fromMWS, test.body)
		if len(got) != 1 {
			t.Errorf("%s: %d events, dead letters %q", test.body, len(got), letters)
			continue
		}
		if test.want.key == "" { // of these kinds it may be anything of the notification's own
			test.want.key = got[0].Key
		}
		test.want.check(t, got[0])
	}
}

// TestMW1AttributesAreKept: the condition of an offer is one.
func TestMW1AttributesAreKept(t *testing.T) {
	f := flow{from: fromMWS, stages: `map: {set: {body: body.Notification.NotificationPayload.AnyOfferChangedNotification.Summary.NumberOfOffers.OfferCount}}`}
	fed(t, f, func(rig *flowtest.Rig) { rig.Feed.Send("m", offerChanged("u-1", "2019-06-11T09:30:11.004Z")) }, func(rig *flowtest.Rig) {
		if got := rig.Recorder.Bodies("out"); len(got) != 1 || !strings.Contains(got[0], "Merchant") || !strings.Contains(got[0], `"new"`) {
			t.Errorf("got %q, dead letters %q", got, rig.Recorder.Bodies("dead"))
		}
	})
}
