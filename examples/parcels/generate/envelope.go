package main

import (
	"fmt"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // the feed is in Norwegian local time on every machine
)

const (
	topic = "arn:aws:sns:eu-west-1:163369885595:parcel-events-push-topic"
	host  = "https://sns.eu-west-1.amazonaws.com"
)

// envelope is what SNS puts around a message.
type envelope struct {
	Type              string
	MessageId         string //nolint:revive // SNS writes it so
	TopicArn          string
	Message           string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes map[string]attribute
}

type attribute struct{ Type, Value string }

func (f *feed) newEnvelope(message string, at time.Time, attrs map[string]attribute) envelope {
	return envelope{
		Type: "Notification", MessageId: f.newUUID(), TopicArn: topic, Message: message,
		Timestamp:        at.UTC().Add(time.Duration(f.rand.IntN(1000)) * time.Millisecond).Format("2006-01-02T15:04:05.000Z"),
		SignatureVersion: "1", Signature: "c2FtcGxlLCBub3QgYSBzaWduYXR1cmU=",
		SigningCertURL:    host + "/SimpleNotificationService-sample.pem",
		UnsubscribeURL:    host + "/?Action=Unsubscribe&SubscriptionArn=" + topic + ":sample",
		MessageAttributes: attrs,
	}
}

// newAttributes returns the attributes of a parcel, by which subscribers route.
func (f *feed) newAttributes() map[string]attribute {
	text := func(s string) attribute { return attribute{"String", s} }
	return map[string]attribute{
		"ownerPartyId":         text(fmt.Sprintf("%08d", f.rand.IntN(1e8))),
		"ship2meDelivery":      text(*pick(f.rand, []string{"false", "false", "false", "true"})),
		"accessLevel":          text(*pick(f.rand, []string{"PUBLIC", "OWNER"})),
		"shopId":               text(fmt.Sprint(1 + f.rand.IntN(4))),
		"servicePointDelivery": text(*pick(f.rand, []string{"true", "false"})),
		"freightProductId":     text(*pick(f.rand, []string{"0310", "0340", "1205"})),
	}
}

func (f *feed) newUUID() string {
	a, b := f.rand.Uint64(), f.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

var oslo = mustLoad("Europe/Oslo")

func mustLoad(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // it is compiled in
	}
	return loc
}

func pick[T any](r *rand.Rand, from []T) *T { return &from[r.IntN(len(from))] }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
