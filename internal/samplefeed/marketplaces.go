package samplefeed

import (
	"fmt"
	"time"
)

var orderSteps = []step{{"Pending", ""}, {"Unshipped", ""}, {"PartiallyShipped", ""}, {"Shipped", ""}}

// spapi has a notification in a message, with an identity of its own.
var spapi = vendor{
	steps: orderSteps,
	batch: 1,
	event: func(e event) string {
		at := e.at.Format("2006-01-02T15:04:05.000Z")
		return fmt.Sprintf(`{"NotificationVersion":"1.0","NotificationType":"ORDER_CHANGE","PayloadVersion":"1.0","EventTime":%q,`+
			`"Payload":{"OrderChangeNotification":{"NotificationLevel":"OrderLevel","SellerId":"A1SAMPLE","AmazonOrderId":"902-%07d-0000001","OrderChangeType":"OrderStatusChange",`+
			`"Summary":{"MarketplaceId":"A1PA6795UKMFR9","OrderStatus":%q,"FulfillmentType":"MFN"}}},`+
			`"NotificationMetadata":{"ApplicationId":"amzn1.sellerapps.app.sample","SubscriptionId":"sample","PublishTime":%q,"NotificationId":"00000000-0000-4000-8000-%012d"}}`,
			at, e.subject, e.code, at, e.i)
	},
	message: single,
}

// mws has a notification in XML in a message.
var mws = vendor{
	steps: []step{{"11.90", ""}, {"11.50", ""}, {"12.10", ""}, {"10.90", ""}},
	batch: 1,
	event: func(e event) string {
		at := e.at.Format("2006-01-02T15:04:05.000Z")
		return fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Notification><NotificationMetaData><NotificationType>AnyOfferChanged</NotificationType><PayloadVersion>1.0</PayloadVersion>"+
			"<UniqueId>00000000-0000-4000-8000-%012d</UniqueId><PublishTime>%s</PublishTime><SellerId>A1SAMPLE</SellerId><MarketplaceId>A1PA6795UKMFR9</MarketplaceId></NotificationMetaData>"+
			"<NotificationPayload><AnyOfferChangedNotification><OfferChangeTrigger><MarketplaceId>A1PA6795UKMFR9</MarketplaceId><ASIN>B%09d</ASIN><ItemCondition>new</ItemCondition><TimeOfOfferChange>%s</TimeOfOfferChange></OfferChangeTrigger>"+
			"<Summary><LowestPrices><LowestPrice condition=\"new\" fulfillmentChannel=\"Merchant\"><LandedPrice><Amount>%s</Amount><CurrencyCode>EUR</CurrencyCode></LandedPrice></LowestPrice></LowestPrices></Summary></AnyOfferChangedNotification></NotificationPayload></Notification>",
			e.i, e.at.Add(2*time.Second).Format("2006-01-02T15:04:05.000Z"), e.subject, at, e.code)
	},
	message: single,
}

// tiki has an event by itself: its server puts them together.
var tiki = vendor{
	steps: []step{{"queueing", ""}, {"picking", ""}, {"packaging", ""}, {"shipping", ""}, {"complete", ""}},
	batch: 1,
	event: func(e event) string {
		return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","sid":"5A3EC2D1","created_at":%d,"payload":{"order_code":"%09d","status":%q},"type":"ORDER_STATUS_UPDATED","version":"v1"}`,
			e.i, e.at.UnixMilli(), 900_000_000+e.subject, e.code)
	},
	message: single,
}
