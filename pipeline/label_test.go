package pipeline

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLabelHoldsWhatTheEventIs(t *testing.T) {
	e := parcelEvent()
	e.SetMeta(MarkLate, "false")
	e.SetMeta(MarkLate, "true")
	e.SetMeta(MarkGap, `a"b`)
	e.SetMeta(HeaderID, "of another program")
	e.Time = time.Date(2026, 3, 31, 14, 0, 0, 5, time.FixedZone("", 7200))
	want := `{"v":1,"id":"id1","key":"k1","time":"2026-03-31T12:00:00.000000005Z","type":"created","meta":{"leat.gap":"a\"b","leat.late":"true"}}`
	if got := string(e.AppendLabel([]byte("x"))); got != "x"+want {
		t.Errorf("got %s", got)
	}
	if got := string(NewEvent("7", nil).AppendLabel(nil)); got != `{"v":1,"id":"7"}` {
		t.Errorf("got %s", got)
	}
}

func TestLabelHasNoCharacterThatXMLLacks(t *testing.T) {
	e := NewEvent("\x00\x1f\ufffe\uffff😀", nil)
	text := string(e.AppendLabel([]byte("\uffff"))[3:])
	for _, r := range text {
		if r < 0x20 || r == 0xfffe || r == 0xffff {
			t.Errorf("%q has %U", text, r)
		}
	}
	var back Event
	if err := back.ReadLabel(text); err != nil || back.ID != e.ID {
		t.Errorf("%q came back: %v", back.ID, err)
	}
}

// Two ids of which JSON would make one stay two.
func TestLabelKeepsWhatIsNotUTF8(t *testing.T) {
	for _, text := range []string{"a\xff", "a\xfe", "a\ufffd", "\xed\xa0\x80"} {
		e := NewEvent(text, nil)
		e.Key, e.Type = "k"+text, "t"+text
		label := e.AppendLabel(nil)
		back := NewEvent("own", nil)
		if err := back.ReadLabel(string(label)); err != nil || back.ID != text || back.Key != "k"+text || back.Type != "t"+text {
			t.Errorf("%s: %q, %q, %q, %v", label, back.ID, back.Key, back.Type, err)
		}
	}
	if got := string(NewEvent("a\xff", nil).AppendLabel(nil)); got != `{"v":1,"id64":"Yf8="}` {
		t.Error(got)
	}
}

// told is a source of metadata that says what its names begin with.
type told struct {
	t         *testing.T
	namespace string
}

func (s told) Lookup(string) (string, bool) { return "", false }
func (s told) Namespace() string            { return s.namespace }
func (s told) Each(f func(key, value string)) {
	if s.namespace == "sqs." {
		s.t.Error("it was read")
	}
	f(s.namespace+"late", "true")
}

func TestMetadataThatCannotHaveMarksIsNotRead(t *testing.T) {
	e := NewEvent("1", nil)
	e.AddMeta(told{t, "sqs."})
	if got := string(e.AppendLabel(nil)); got != `{"v":1,"id":"1"}` {
		t.Error(got)
	}
	e.AddMeta(told{t, "leat."})
	if got := string(e.AppendLabel(nil)); got != `{"v":1,"id":"1","meta":{"leat.late":"true"}}` {
		t.Error(got)
	}
}

func TestReadLabelTakesOverWhatItHas(t *testing.T) {
	for label, want := range map[string]Event{
		`{"v":1}`: {ID: "own", Key: "k", Type: "t"},
		`{"v":1,"id":null,"key":null,"time":null,"type":null,"meta":null}`: {ID: "own", Key: "k", Type: "t"},
		`{"id":"a","id":"b","v":1,"type":""}`:                              {ID: "b", Key: "k", Type: "t"},
		`{"v":1,"key":"é","type":"x","new":{"a":[1]}}`:                     {ID: "own", Key: "é", Type: "x"},
		`{"v":1,"time":"2026-03-31T14:00:00.5+02:00"}`:                     {ID: "own", Key: "k", Type: "t", Time: time.Date(2026, 3, 31, 12, 0, 0, 5e8, time.UTC)},
	} {
		e := &Event{ID: "own", Key: "k", Type: "t"}
		if err := e.ReadLabel(label); err != nil || e.ID != want.ID || e.Key != want.Key || e.Type != want.Type || !e.Time.Equal(want.Time) {
			t.Errorf("%s: %+v, %v", label, e, err)
		}
	}
}

func TestReadLabelTakesOnlyMarks(t *testing.T) {
	e := NewEvent("1", nil)
	err := e.ReadLabel(`{"v":1,"meta":{"leat.late":"a","leat.late":"true","sns.x":"1","leat.replayed":"true","leat.id":"2","leat.":"","x":5}}`)
	if got := maps.Collect(e.AllMeta()); err != nil || !maps.Equal(got, map[string]string{"leat.late": "true"}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestLabelThatCannotBeReadChangesNothing(t *testing.T) {
	many := `{"v":1,"meta":{"a":""` + strings.Repeat(`,"a":""`, maxMarks) + `}}`
	for label, why := range map[string]string{
		``:                                  "label",
		`no`:                                "label",
		`[]`:                                "not a JSON object",
		`{}`:                                "no version",
		`{"v":"1"}`:                         "no version",
		`{"v":-1}`:                          "no version",
		`{"v":1.5}`:                         "no version",
		`{"v":0}`:                           "no version",
		`{"v":2,"id":"x"}`:                  "version 2",
		`{"v":1,"id":7}`:                    "its id is a number",
		`{"v":1,"id":"x","key":[]}`:         "its key is a",
		`{"v":1,"id":"x","key64":7}`:        "its key64 is a",
		`{"v":1,"id":"x","id64":"*"}`:       "its id64 is not",
		`{"v":1,"id":"x","time":"today"}`:   "its time",
		`{"v":1,"id":"x","meta":[]}`:        "its meta",
		`{"v":1,"meta":{"leat.late":true}}`: "its mark",
		many:                                "marks",
		`{"v":1,"id":"` + strings.Repeat("x", MaxLabel) + `"}`:                    "longer",
		`{"v":1,"new":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`: "nest",
	} {
		e := NewEvent("own", nil)
		err := e.ReadLabel(label)
		if err == nil || !strings.Contains(err.Error(), why) || len(err.Error()) > 300 || e.ID != "own" || len(maps.Collect(e.AllMeta())) != 0 {
			t.Errorf("%.60s: %v, id %s", label, err, e.ID)
		}
	}
}

func TestLabelComesBackAsItWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		e := NewEvent(text.Draw(t, "id"), nil)
		e.Key, e.Type = text.Draw(t, "key"), text.Draw(t, "type")
		if s := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "time"); s != 0 {
			e.Time = time.Unix(s>>8, s&0xff).In(time.FixedZone("", int(s%50000)))
		}
		for name, value := range rapid.MapOfN(text, text, 0, 5).Draw(t, "marks") {
			e.SetMeta("leat.x"+name, value)
		}
		back := &Event{}
		if err := back.ReadLabel(string(e.AppendLabel(nil))); err != nil {
			t.Fatal(err)
		}
		if back.ID != e.ID || back.Key != e.Key || back.Type != e.Type || !back.Time.Equal(e.Time) {
			t.Fatalf("%+v came back as %+v", e, back)
		}
		if !maps.Equal(maps.Collect(back.AllMeta()), maps.Collect(e.AllMeta())) {
			t.Fatalf("marks %v", maps.Collect(back.AllMeta()))
		}
	})
}

// FuzzReadLabel holds that a label is refused or read as encoding/json reads it,
// and that what was read can be written and read again.
func FuzzReadLabel(f *testing.F) {
	for _, seed := range []string{`{"v":1}`, `{"v":1,"id":"a","key":"b","time":"2026-03-31T12:00:00Z","type":"c","meta":{"leat.late":"true","x":1}}`, `{"v":2}`, `{"v":1,"time":"0000-01-01T00:00:00Z"}`, `{"v":1,"id":"\ud800"}`, `{"v":1,"id64":"Yf8=","id":"x"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := NewEvent("own", nil)
		if e.ReadLabel(text) != nil {
			return
		}
		var want struct{ ID, Key, Type string }
		fields := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%q is no JSON: %v", text, err)
		}
		if fields["id64"] == nil && fields["key64"] == nil {
			_ = json.Unmarshal(fields["id"], &want.ID)
			_ = json.Unmarshal(fields["key"], &want.Key)
		}
		if want.ID != "" && e.ID != want.ID || want.Key != "" && e.Key != want.Key {
			t.Errorf("%q: id %q, key %q", text, e.ID, e.Key)
		}
		back := &Event{}
		if err := back.ReadLabel(string(e.AppendLabel(nil))); err != nil {
			if len(e.AppendLabel(nil)) > MaxLabel {
				return
			}
			t.Fatalf("%q: what was read cannot be read again: %v", text, err)
		}
		if back.ID != e.ID || back.Key != e.Key || back.Type != e.Type || !back.Time.Equal(e.Time) || !maps.Equal(maps.Collect(back.AllMeta()), maps.Collect(e.AllMeta())) {
			t.Errorf("%q came back as %q", text, e.AppendLabel(nil))
		}
	})
}

func BenchmarkAppendLabel(b *testing.B) {
	e := parcelEvent()
	e.SetMeta(MarkLate, "true")
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendLabel(buf[:0])
	}
}

func BenchmarkReadLabel(b *testing.B) {
	e := parcelEvent()
	e.SetMeta(MarkLate, "true")
	text := string(e.AppendLabel(nil))
	b.ReportAllocs()
	for b.Loop() {
		if err := NewEvent("", nil).ReadLabel(text); err != nil {
			b.Fatal(err)
		}
	}
}
