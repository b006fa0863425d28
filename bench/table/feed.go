package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// feed is a file of envelopes and what has to come of it.
type feed struct {
	path             string
	bytes            int64
	events, distinct int
}

// shuffled is how many lines are put out of order together.
const shuffled = 200

// writeFeed writes envelopes as SNS sends them, of parcel events as a carrier does. The
// same numbers make the same file.
func writeFeed(path string, lines, events int) (*feed, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fd, random := &feed{path: path}, rand.New(rand.NewPCG(1, 2))
	w := bufio.NewWriterSize(f, 1<<20)
	var window []string
	for i := range lines {
		if len(window) > 0 && i%10 == 9 {
			window = append(window, window[random.IntN(len(window))]) // a copy
		} else {
			window = append(window, envelope(random, i, events))
			fd.distinct += events
		}
		if len(window) == shuffled || i == lines-1 {
			random.Shuffle(len(window), func(a, b int) { window[a], window[b] = window[b], window[a] })
			for _, line := range window {
				n, _ := w.WriteString(line)
				fd.bytes += int64(n)
			}
			window = window[:0]
		}
	}
	fd.events = lines * events
	return fd, w.Flush()
}

var kinds = []struct{ key, text string }{
	{"103", "The customer was told about the delivery"}, {"101", "Registered"}, {"102", "Arrived at the terminal"},
	{"201", "Loaded"}, {"202", "Delivered"}, {"301", "Delivery attempted"},
}

func envelope(random *rand.Rand, line, events int) string {
	at := time.Date(2026, 3, 31, 10, 0, 0, 0, time.UTC).Add(time.Duration(line) * 200 * time.Millisecond)
	parts := make([]string, events)
	for i := range parts {
		shipment, kind := random.IntN(50_000), kinds[random.IntN(len(kinds))]
		happened := at.Add(-time.Duration(random.IntN(60)) * time.Second)
		parts[i] = fmt.Sprintf(`{"shipmentNumber":"7072%014d","trackingNumber":"3707%014d","eventTime":%q,"lat":%.1f,"lon":%.1f,"locationContext":"Somewhere","eventType":{"apiKey":%q,"description":%q},"additionalInfo":{"apiKey":"001","description":"The driver has been there and could not find the door that belongs to the address"},"eventGroup":{"id":3,"name":"event.type.group.communication"},"comChannelType":"EMAIL","changeUserId":null,"regSystem":null,"message":"%d.%d"}`,
			shipment, shipment, happened.Format("2006-01-02 15:04:05"), 55+random.Float64()*10, 5+random.Float64()*20, kind.key, kind.text, line, i)
	}
	message, _ := json.Marshal(`{"events":[` + strings.Join(parts, ",") + `]}`)
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"%032x","TopicArn":"arn:aws:sns:eu-west-1:000000000000:parcel-events","Message":%s,"Timestamp":%q,"SignatureVersion":"1","Signature":"%0344x","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0000.pem","UnsubscribeURL":"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:000000000000:parcel-events:0000","MessageAttributes":{"ownerPartyId":{"Type":"Number","Value":"1"},"accessLevel":{"Type":"String","Value":"PUBLIC"},"shopId":{"Type":"Number","Value":"1"},"freightProductId":{"Type":"Number","Value":"15"}}}`+"\n",
		random.Uint64(), message, at.Format("2006-01-02T15:04:05.000Z"), random.Uint64())
}
