package acceptance

import (
	"fmt"
	"strings"
	"testing"
)

// keyed are the types of notifications, and the fields that make their keys.
var keyed = map[string]string{
	"ORDER_CHANGE": "SellerId AmazonOrderId", "ORDER_STATUS_CHANGE": "SellerId AmazonOrderId", "MFN_ORDER_STATUS_CHANGE": "SellerId AmazonOrderId",
	"ANY_OFFER_CHANGED": "SellerId MarketplaceId ASIN ItemCondition", "B2B_ANY_OFFER_CHANGED": "SellerId MarketplaceId ASIN ItemCondition",
	"PRICING_HEALTH": "SellerId MarketplaceId ASIN ItemCondition", "FBA_OUTBOUND_SHIPMENT_STATUS": "SellerId AmazonShipmentId",
	"FULFILLMENT_ORDER_STATUS": "SellerId SellerFulfillmentOrderId", "FEED_PROCESSING_FINISHED": "FeedId", "REPORT_PROCESSING_FINISHED": "ReportId",
	"DATA_KIOSK_QUERY_PROCESSING_FINISHED": "AccountId QueryId", "LISTINGS_ITEM_STATUS_CHANGE": "SellerId MarketplaceId Sku",
	"LISTINGS_ITEM_ISSUES_CHANGE": "SellerId MarketplaceId Sku", "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": "SellerId FulfillmentChannelCode Sku",
	"BRANDED_ITEM_CONTENT_CHANGE": "MarketplaceId Asin", "ITEM_PRODUCT_TYPE_CHANGE": "MarketplaceId Asin",
	"PRODUCT_TYPE_DEFINITIONS_CHANGE": "AccountId MarketplaceId", "FEE_PROMOTION": "MerchantId MarketplaceId FeePromotionType",
	"TRANSACTION_UPDATE": "SellingPartnerId RelatedIdentifierValue", "SHIPMENT_TRACKING_MILESTONE_CHANGED": "Aftn",
	"FBA_INVENTORY_AVAILABILITY_CHANGES": "SellerId FNSKU", "APPLICATION_OAUTH_CLIENT_NEW_SECRET": "ClientId",
	"APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY": "ClientId", "A_TYPE_OF_TOMORROW": "",
}

// TestSP1EveryType has the fields of each type at two depths, in either casing, wrapped in
// an object of the type's name and flat.
func TestSP1EveryType(t *testing.T) {
	for kind, names := range keyed {
		for _, camel := range []bool{false, true} {
			for _, wrapped := range []bool{false, true} {
				payload, key := payloadOf(strings.Fields(names), wrapped)
				text := fmt.Sprintf(`{"NotificationType":%q,"EventTime":"2025-06-12T08:08:23.456Z","Payload":%s,"NotificationMetadata":{"SubscriptionId":"sub","NotificationId":"n"}}`, kind, payload)
				if camel {
					text = camelCase(text)
				}
				got, letters := readAs(t, fromSPAPI, text)
				if len(got) != 1 {
					t.Fatalf("%s: %d events, dead letters %q", text, len(got), letters)
				}
				want{"n", key, kind, "2025-06-12T08:08:23.456Z"}.check(t, got[0])
			}
		}
	}
}

// payloadOf has the first half of the fields above the others.
func payloadOf(names []string, wrapped bool) (payload, key string) {
	var values, above, below []string
	for i, name := range names {
		values = append(values, fmt.Sprint("v", i))
		field := fmt.Sprintf(`%q:"v%d"`, name, i)
		if i <= len(names)/2 {
			above = append(above, field)
		} else {
			below = append(below, field)
		}
	}
	payload = "{" + strings.Join(append(above, `"Further":{`+strings.Join(append(below, `"List":[{"Other":1}]`), ",")+"}"), ",") + "}"
	if wrapped {
		payload = `{"SomeNotification":` + payload + "}"
	}
	if key = strings.Join(values, "|"); key == "" {
		key = "sub"
	}
	return payload, key
}

// camelCase writes the names of fields as Amazon writes those of newer types.
func camelCase(text string) string {
	parts := strings.Split(text, `"`)
	for i := 1; i+1 < len(parts); i += 2 {
		if name := parts[i]; strings.HasPrefix(parts[i+1], ":") {
			parts[i] = strings.ToLower(name[:1]) + name[1:]
			if strings.ToUpper(name) == name {
				parts[i] = strings.ToLower(name)
			}
		}
	}
	return strings.Join(parts, `"`)
}

// TestSP1Batches has what the three types of lists become.
func TestSP1Batches(t *testing.T) {
	for kind, list := range map[string]string{
		"DETAIL_PAGE_TRAFFIC_EVENT": "DetailPageTrafficEvents", "ITEM_INVENTORY_EVENT_CHANGE": "ItemInventoryEventChanges", "ITEM_SALES_EVENT_CHANGE": "ItemSalesEventChanges",
	} {
		text := fmt.Sprintf(`{"NotificationType":%q,"EventTime":"2025-06-12T08:08:23.456Z","Payload":{%q:[{"AccountId":"a","MarketplaceId":"m","Asin":"b1"},{"AccountId":"a","MarketplaceId":"m"}]},"NotificationMetadata":{"SubscriptionId":"sub","NotificationId":"n"}}`, kind, list)
		for _, text := range []string{text, camelCase(text)} {
			got, letters := readAs(t, fromSPAPI, text)
			if len(got) != 2 {
				t.Fatalf("%s: %d events, dead letters %q", text, len(got), letters)
			}
			want{"n#0", "a|m|b1", kind, "2025-06-12T08:08:23.456Z"}.check(t, got[0])
			want{"n#1", "a|m|", kind, "2025-06-12T08:08:23.456Z"}.check(t, got[1])
		}
	}
}
