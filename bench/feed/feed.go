// Package feed writes files of parcel events for flows that are measured.
package feed

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// Options say what is in a file.
type Options struct {
	Lines  int // a tenth of them copies
	Events int // in the envelope of a line
	// Size is about how many bytes an event has at least.
	Size int
	// Bare: a line is an event, without envelope.
	Bare bool
}

// Feed is a file and what has to come of it.
type Feed struct {
	Path             string
	Bytes            int64
	Events, Distinct int
}

const (
	shuffled  = 200    // so many lines are put out of order together
	shipments = 50_000 // that events are of
)

// Write writes envelopes as SNS sends them, of parcel events as a carrier does. The same
// options make the same file.
func Write(path string, o Options) (*Feed, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fd := &Feed{Path: path, Events: o.Lines * o.Events}
	w := bufio.NewWriterSize(f, 1<<20)
	fd.Distinct = o.Events * o.Each(func(line string) {
		n, _ := w.WriteString(line)
		fd.Bytes += int64(n)
	})
	return fd, w.Flush()
}

// Each gives f the lines of the file, and returns how many of them are no copies.
func (o Options) Each(f func(line string)) (distinct int) {
	random := rand.New(rand.NewPCG(1, 2))
	var window []string
	for i := range o.Lines {
		if len(window) > 0 && i%10 == 9 {
			window = append(window, window[random.IntN(len(window))]) // a copy
		} else {
			window = append(window, o.line(random, i))
			distinct++
		}
		if len(window) == shuffled || i == o.Lines-1 {
			random.Shuffle(len(window), func(a, b int) { window[a], window[b] = window[b], window[a] })
			for _, line := range window {
				f(line)
			}
			window = window[:0]
		}
	}
	return distinct
}

var kinds = []struct{ key, text string }{
	{"103", "The customer was told about the delivery"}, {"101", "Registered"}, {"102", "Arrived at the terminal"},
	{"201", "Loaded"}, {"202", "Delivered"}, {"301", "Delivery attempted"},
}

func (o Options) line(random *rand.Rand, line int) string {
	at := time.Date(2026, 3, 31, 10, 0, 0, 0, time.UTC).Add(time.Duration(line) * 200 * time.Millisecond)
	if o.Bare {
		return o.event(random, at, line, 0) + "\n"
	}
	parts := make([]string, o.Events)
	for i := range parts {
		parts[i] = o.event(random, at, line, i)
	}
	return envelope(random, at, parts)
}

func (o Options) event(random *rand.Rand, at time.Time, line, i int) string {
	shipment, kind := random.IntN(shipments), kinds[random.IntN(len(kinds))]
	happened := at.Add(-time.Duration(random.IntN(60)) * time.Second)
	return fmt.Sprintf(`{"shipmentNumber":"7072%014d","trackingNumber":"3707%014d","eventTime":%q,"lat":%.1f,"lon":%.1f,"locationContext":"Somewhere","eventType":{"apiKey":%q,"description":%q},"additionalInfo":{"apiKey":"001","description":"The driver has been there and could not find the door that belongs to the address"},"eventGroup":{"id":3,"name":"event.type.group.communication"},"comChannelType":"EMAIL","changeUserId":null,"regSystem":null,"message":"%d.%d%s"}`,
		shipment, shipment, happened.Format("2006-01-02 15:04:05"), 55+random.Float64()*10, 5+random.Float64()*20, kind.key, kind.text, line, i, o.filler())
}

// usual is about how many bytes an event has anyway.
const usual = 580

// filler is text with what has to be escaped here and there, as people write.
func (o Options) filler() string {
	const words = ` the parcel was left with a neighbour \"at the door\" of the house `
	return strings.Repeat(words, max(0, o.Size-usual)/len(words))
}

func envelope(random *rand.Rand, at time.Time, parts []string) string {
	message, _ := json.Marshal(`{"events":[` + strings.Join(parts, ",") + `]}`)
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"%032x","TopicArn":"arn:aws:sns:eu-west-1:000000000000:parcel-events","Message":%s,"Timestamp":%q,"SignatureVersion":"1","Signature":"%0344x","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0000.pem","UnsubscribeURL":"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:000000000000:parcel-events:0000","MessageAttributes":{"ownerPartyId":{"Type":"Number","Value":"1"},"accessLevel":{"Type":"String","Value":"PUBLIC"},"shopId":{"Type":"Number","Value":"1"},"freightProductId":{"Type":"Number","Value":"15"}}}`+"\n",
		random.Uint64(), message, at.Format("2006-01-02T15:04:05.000Z"), random.Uint64())
}
