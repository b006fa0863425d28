package samplefeed

import (
	"encoding/json"
	"encoding/xml"
	"reflect"
	"testing"
)

func TestFeeds(t *testing.T) {
	for _, name := range Vendors() {
		feed, err := Make(name, Options{Events: 200, Delay: 30, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Make(name, Options{Events: 200, Delay: 30, Seed: 7})
		if !reflect.DeepEqual(feed, again) {
			t.Errorf("%s: the same seed made another feed", name)
		}
		if other, _ := Make(name, Options{Events: 200, Delay: 30, Seed: 8}); reflect.DeepEqual(feed, other) {
			t.Errorf("%s: another seed made the same feed", name)
		}
		events := 0
		for _, m := range feed.Messages {
			events += m.Events
			var any any
			if err := json.Unmarshal([]byte(m.Body), &any); err != nil && xml.Unmarshal([]byte(m.Body), new(struct{ XMLName xml.Name })) != nil {
				t.Fatalf("%s: %s", name, m.Body)
			}
		}
		if feed.Events != 200 || events != feed.Events+feed.Copies || feed.OutOfOrder == 0 || feed.Copies == 0 && name != "sevensenders" {
			t.Errorf("%s: %d events, %d in the messages, %d copies, %d out of order", name, feed.Events, events, feed.Copies, feed.OutOfOrder)
		}
	}
}

func TestATidyFeed(t *testing.T) {
	feed, _ := Make("tiki", Options{Events: 50})
	if feed.OutOfOrder != 0 {
		t.Errorf("%d out of order without a delay", feed.OutOfOrder)
	}
	if _, err := Make("nobody", Options{Events: 1}); err == nil {
		t.Error("there is a feed of nobody")
	}
}
