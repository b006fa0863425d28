package tiki

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/rawjson"
)

func TestTheDocumentedAnswerIsRead(t *testing.T) {
	folder := os.Getenv("LEAT_VECTORS")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("LEAT_VECTORS names no folder")
		}
		t.Skip("LEAT_VECTORS names no folder with payloads that Tiki has published")
	}
	body, err := os.ReadFile(filepath.Join(folder, "tiki", "documented-pull-response.json"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPull(body)
	if err != nil || len(p.elements) != 2 {
		t.Fatalf("%d events, %v", len(p.elements), err)
	}
	for i, want := range []string{"e4ecb7e5-f12f-4807-ade9-bf4aa1512b71", "a96d8c5b-769e-426a-b051-eaf2a671a596"} {
		e := p.elements[i]
		if e.id != want || !e.own || e.fault != nil || !bytes.Contains(body, e.raw) || e.facts != [...]string{"063B7B71DF51BDB8B46C00F84F1CA928C30742A7", "ORDER_STATUS_UPDATED", "v1"} {
			t.Errorf("%+v", e)
		}
	}
	if string(p.ackID) != `"e586abc8-e6f5-43e0-2222-dc24a25c50fv"` {
		t.Errorf("ack_id %s", p.ackID)
	}
}

func TestAnswersAreReadOrRefusedAsAWhole(t *testing.T) {
	for body, want := range map[string]struct {
		events int
		faults int
		ackID  string
		err    string
	}{
		`{"events":[],"ack_id":null}`: {},
		`{"events":[]}`:               {},
		`{"events":null,"ack_id":""}`: {},
		"\ufeff" + ` { "ack_id" : "\u0061\"b" , "events" : [ {} ] } `: {events: 1, ackID: `"\u0061\"b"`},
		`{"events":[{"id":"1"},{"id":"2"}],"ack_id":17}`:              {events: 2, ackID: "17"},
		`{"\u0065vents":[{}],"x":{"events":[1,2,3]}}`:                 {events: 1},
		`{"events":[{},{"a":tru},{"b":"` + "\xff" + `"},nul,7,"]"]}`:  {events: 6, faults: 5},
		`{"events":[{"a":"]}\\"}],"ack_id":"1"}`:                      {events: 1, ackID: `"1"`},
		`{"events":[{"a":1,}],"ack_id":"1"}`:                          {events: 1, faults: 1, ackID: `"1"`},

		``:                                       {err: "breaks off"},
		`null`:                                   {err: "not expected"},
		`[]`:                                     {err: "not expected"},
		`{}`:                                     {err: `no "events"`},
		`{"error":"x"}`:                          {err: `no "events"`},
		`{"events":{}}`:                          {err: "not expected"},
		`{"events":"x"}`:                         {err: "not expected"},
		`{"events":[}`:                           {err: "match"},
		`{"events":[{]}`:                         {err: "match"},
		`{"events":[{}`:                          {err: "breaks off"},
		`{"events":[{}],"ack_id":"1`:             {err: "breaks off"},
		`{"events":[{}],"ack_id":"1"`:            {err: "breaks off"},
		`{"events":[{}],"ack_id":"1"}x`:          {err: "not expected"},
		`{"events":[{}],"ack_id":"1"}{}`:         {err: "not expected"},
		`{"events":[{},],"ack_id":"1"}`:          {err: "not expected"},
		`{"events":[{} {}],"ack_id":"1"}`:        {err: "not expected"},
		`{"events":[,{}]}`:                       {err: "not expected"},
		`{"events":[{}],"events":[]}`:            {err: "twice"},
		`{"events":[{}],"ack_id":{}}`:            {err: "ack_id is no text"},
		`{"events":[{}],"ack_id":true}`:          {err: "ack_id is no text"},
		`{"events":[{}],"ack_id":"` + "\xff\"}":  {err: "ack_id is no text"},
		`{"events":[{}],"ack_id":"1","ack_id"}`:  {err: "not expected"},
		`{events:[{}]}`:                          {err: "not expected"},
		"\n <!DOCTYPE html><html>":               {err: "page"},
		strings.Repeat(`{"events":[`, 20_000):    {err: "match"},
		`{"events":` + strings.Repeat("[", 9000): {err: "breaks off"},
	} {
		p, err := readPull([]byte(body))
		faults := 0
		for _, e := range p.elements {
			if e.fault != nil {
				faults++
			}
		}
		switch {
		case want.err != "":
			if err == nil || !strings.Contains(err.Error(), want.err) || len(p.elements) > 0 {
				t.Errorf("%.60q: %d events, %v, want %s", body, len(p.elements), err, want.err)
			}
		case err != nil || len(p.elements) != want.events || faults != want.faults || string(p.ackID) != want.ackID:
			t.Errorf("%.60q: %d events, %d at fault, ack_id %s, %v", body, len(p.elements), faults, p.ackID, err)
		}
	}
}

func FuzzReadPull(f *testing.F) {
	f.Add([]byte(`{"events":[{"id":"1","sid":"S","payload":{"a":[1,"]"]}},{"id":2}],"ack_id":"a"}`))
	f.Add([]byte(`{"events":[{"id":"\ud800"},nul,"\"",[[]],{"a":"` + "\xff" + `"}],"ack_id":7}`))
	f.Add([]byte(`{"events":null,"x":{"events":[]},"ack_id":null}`))
	f.Add([]byte("\ufeff<html>"))
	f.Add([]byte(`{"events":[{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := readPull(body)
		if err != nil {
			if len(p.elements) > 0 || p.ackID != nil {
				t.Fatal("an answer that is refused gives events")
			}
			if rawjson.Check(body, 9000) == nil && isAnswer(body) {
				t.Fatalf("a good answer is refused: %v", err)
			}
			return
		}
		for _, e := range p.elements {
			if e.id == "" || len(e.raw) == 0 || !bytes.Contains(body, e.raw) || e.fault == nil && !json.Valid(e.raw) {
				t.Fatalf("%+v", e)
			}
		}
		if len(p.ackID) > 0 && !json.Valid(ackBody(p.ackID)) {
			t.Fatalf("the ack is not JSON: %s", ackBody(p.ackID))
		}
		if rawjson.Check(body, 9000) != nil {
			return
		}
		var i int
		var fields rawjson.Fields
		fields.Index(body)
		events, _ := fields.Get("events")
		for raw := range rawjson.Elements(events) {
			if i >= len(p.elements) || !bytes.Equal(raw, p.elements[i].raw) {
				t.Fatalf("element %d is %s", i, raw)
			}
			i++
		}
		if i != len(p.elements) {
			t.Fatalf("%d elements of %d", len(p.elements), i)
		}
	})
}

// isAnswer reports whether JSON is one that must be read.
func isAnswer(body []byte) bool {
	seen := map[string]int{}
	for key, value := range rawjson.Members(body) {
		name := rawjson.Text(key)
		kind := rawjson.KindOf(value)
		seen[name]++
		switch {
		case name == "events" && kind != rawjson.Array && kind != rawjson.Null, name == "ack_id" && kind != rawjson.String && kind != rawjson.Number && kind != rawjson.Null, name == "ack_id" && len(value) > maxAckID:
			return false
		}
	}
	return seen["events"] == 1 && seen["ack_id"] < 2
}

func FuzzReadToken(f *testing.F) {
	f.Add([]byte(`{"access_token":"abc","expires_in":3600}`))
	f.Add([]byte(`{"access_token":"a\nb","expires_in":"-1"}`))
	f.Add([]byte(`{"access_token":"x","expires_in":99999999999999999999}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		key, lasts, ok := readToken(body)
		if ok && (key == "" || !isHeaderText(key) || lasts < 0) {
			t.Fatalf("%q for %s", key, lasts)
		}
	})
}
