package samplefeed

import (
	"fmt"
	"strings"
	"time"

	_ "time/tzdata" // carriers write local times
)

// local writes a time as clocks show it in a zone.
func local(t time.Time, zone, layout string) string {
	at, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // the zones are compiled in
	}
	return t.In(at).Format(layout)
}

// di has several events in a message, which speaks of the time in one of two ways.
var di = vendor{
	steps: []step{
		{"100", "Information about the parcel has been received"}, {"101", "The parcel has arrived at the terminal"},
		{"102", "The parcel has been loaded for delivery"}, {"103", "The recipient was told of the delivery"},
		{"104", "The parcel can be collected"}, {"110", "The parcel has been delivered"},
	},
	batch: 4,
	event: func(e event) string {
		utc, channel := "", "null"
		if e.i%3 == 0 {
			utc = fmt.Sprintf(`"eventTimeUtc":%q,`, e.at.Format("2006-01-02T15:04:05.000000Z"))
		}
		if e.code == "103" {
			channel = `"EMAIL"`
		}
		return fmt.Sprintf(`{"shipmentNumber":"7070000000%07d","trackingNumber":"37070000000%07d","eventTime":%q,%s"lat":59.91,"lon":10.75,"locationContext":"Oslo",`+
			`"eventType":{"apiKey":%q,"description":%q},"additionalInfo":null,"eventGroup":{"id":1,"name":"transport"},"comChannelType":%s,"changeUserId":null,"regSystem":"WMS","message":null}`,
			e.subject/2, e.subject, local(e.at, "Europe/Oslo", "2006-01-02 15:04:05"), utc, e.code, e.text, channel)
	},
	message: func(events []string) Message {
		return Message{
			Body:       `{"events":[` + strings.Join(events, ",") + `]}`,
			Attributes: map[string]string{"ownerPartyId": "4711", "shopId": fmt.Sprint(1 + len(events)%2), "ship2meDelivery": "false"},
		}
	},
}

// sevenSenders has one event in a message, and no identity in it.
var sevenSenders = vendor{
	steps:    []step{{"Shipment data received", ""}, {"Pickup", ""}, {"In transit", ""}, {"In delivery", ""}, {"Delivered", ""}},
	batch:    1,
	noCopies: true,
	event: func(e event) string {
		return fmt.Sprintf(`{"id":"s%07d","order_id":"A-2025-%04d","tracking_code":"0034%012d","carrier":"dhl","carrier_country":"DE","status":%q,"status_time":%q,"tickets":[],"events":[]}`,
			1000+e.subject, e.subject, e.subject, e.code, local(e.at, "Europe/Berlin", "02.01.2006 15:04:05"))
	},
	message: single,
}
