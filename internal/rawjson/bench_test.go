package rawjson

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// snsEnvelope is about 1.9 kB: what SQS delivers for an SNS topic, the event
// itself being JSON in the string "Message".
func snsEnvelope() []byte {
	message := `{"event_id":"6f1c2a9e-7a44-4c1d-9b39-1f6b2f0f5a10","type":"order.updated","version":3,` +
		`"occurred_at":"2026-03-14T09:26:53.589793Z","order":{"id":"ord_01HRZ8Q6M3","customer_id":918273645,` +
		`"status":"paid","currency":"EUR","total":129.95,"lines":[{"sku":"A-1001","quantity":2,"price":39.95},` +
		`{"sku":"B-2002","quantity":1,"price":50.05}],"note":"leave at the door, \"ring twice\""},` +
		`"shipping":{"name":"Ada Lovelace","street":"12 St James's Square","city":"London","country":"GB"},` +
		`"trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736","span":"00f067aa0ba902b7"},"source":"checkout-service","region":"eu-west-1",` +
		`"tags":["gift","express","first-order"],"channel":"web","campaign":null,"retry":0}`
	quoted := AppendString(nil, message)
	return fmt.Appendf(nil, `{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:eu-west-1:123456789012:orders",
  "Subject" : "Order updated",
  "Message" : %s,
  "Timestamp" : "2026-03-14T09:26:54.001Z",
  "SignatureVersion" : "1",
  "Signature" : "%s==",
  "SigningCertURL" : "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem",
  "UnsubscribeURL" : "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:123456789012:orders:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
  "MessageAttributes" : {
    "tenant" : {"Type":"String","Value":"acme"},
    "type" : {"Type":"String","Value":"order.updated"}
  }
}`, quoted, strings.Repeat("EXAMPLEpH+DcEwjAPg8O9mY8dReBSwksfg2S", 11))
}

func BenchmarkCheck(b *testing.B) {
	sns := snsEnvelope()
	message, _ := NewPath("Message").Find(sns)
	inputs := map[string][]byte{
		"sns":      sns,
		"message":  []byte(Text(message)),
		"text":     AppendString(nil, strings.Repeat("the quick brown fox jumps over the lazy dog. ", 40)),
		"numbers":  []byte("[" + strings.Repeat("12345,0.5,", 180) + "0]"),
		"cyrillic": AppendString(nil, strings.Repeat("съешь же ещё этих мягких французских булок ", 20)),
	}
	for name, text := range inputs {
		b.Run(name+"/rawjson", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Check(text, 64); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/encoding-json-Valid", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if !json.Valid(text) {
					b.Fatal("invalid")
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	sns := snsEnvelope()
	for _, p := range []string{"Type", "Message", "MessageAttributes.type.Value"} {
		path, _ := ParsePath(p)
		b.Run(p, func(b *testing.B) {
			b.SetBytes(int64(len(sns)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := path.Find(sns); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	sns := snsEnvelope()
	keys := []string{"Type", "MessageId", "TopicArn", "Message", "Timestamp", "MessageAttributes"}
	var fields Fields
	b.SetBytes(int64(len(sns)))
	b.ReportAllocs()
	for b.Loop() {
		fields.Index(sns)
		for _, key := range keys {
			if _, ok := fields.Get(key); !ok {
				b.Fatal("not found")
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	message, _ := NewPath("Message").Find(snsEnvelope())
	b.Run("Text", func(b *testing.B) {
		b.SetBytes(int64(len(message)))
		b.ReportAllocs()
		for b.Loop() {
			_ = Text(message)
		}
	})
	b.Run("AppendText", func(b *testing.B) {
		var buf []byte
		b.SetBytes(int64(len(message)))
		b.ReportAllocs()
		for b.Loop() {
			buf = AppendText(buf[:0], message)
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(message)))
		b.ReportAllocs()
		for b.Loop() {
			var s string
			if err := json.Unmarshal(message, &s); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	message, _ := NewPath("Message").Find(snsEnvelope())
	text := []byte(Text(message))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(text); err != nil {
			b.Fatal(err)
		}
	}
}
