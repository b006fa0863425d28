package snssig

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func TestMetadata(t *testing.T) {
	cases := map[string]map[string]string{
		`{"TopicArn":"t","MessageId":"m","Subject":null,"Message":"x","MessageAttributes":{"shopId":{"Type":"String","Value":"7"},"n":{"Value":1.50},"TopicArn":{"Value":"forged"},"odd":3}}`: {
			"sns.TopicArn": "t", "sns.MessageId": "m", "sns.shopId": "7", "sns.n": "1.50",
		},
		`{"MessageAttributes":[1]}`:                                 {},
		`{"Subject":"","Timestamp":"now","MessageAttributes":null}`: {"sns.Timestamp": "now"},
		`[]`: {},
	}
	for raw, want := range cases {
		var e Envelope
		if err := e.Read([]byte(raw), 10); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		m := Metadata{&e}
		m.Each(func(k, v string) { got[k] = v })
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v", raw, got)
		}
		for k, v := range want {
			if single, ok := m.Lookup(k); !ok || single != v {
				t.Errorf("%s: %q", k, single)
			}
		}
		for _, k := range []string{"sns.none", "TopicArn", "sns.", "sns.Message"} {
			if v, ok := m.Lookup(k); ok {
				t.Errorf("%s: %q", k, v)
			}
		}
	}
}

func TestDuplicateAttributesAreOne(t *testing.T) {
	var e Envelope
	if err := e.Read([]byte(`{"TopicArn":"t","MessageAttributes":{"a":{"Value":"1"},"b":{"Value":"x"},"\u0061":{"Value":"2"},"b":{},"TopicArn":{"Value":"forged"}}}`), 10); err != nil {
		t.Fatal(err)
	}
	var got []string
	Metadata{&e}.Each(func(k, v string) { got = append(got, k+"="+v) })
	if want := []string{"sns.TopicArn=t", "sns.a=2"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if v, ok := (Metadata{&e}).Lookup("sns.a"); v != "2" || !ok {
		t.Errorf("a is %q", v)
	}
	if _, ok := (Metadata{&e}).Lookup("sns.b"); ok {
		t.Error("b is there")
	}
}

// As many as fit are read once and not once for each of them.
func TestAttributesThatSomebodyAddsCostLittle(t *testing.T) {
	text := []byte(`{"MessageAttributes":{`)
	for i := range 80_000 {
		text = fmt.Appendf(text, `"a%d":{"Value":"v"},`, i)
	}
	var e Envelope
	if err := e.Read(append(text, `"z":{"Value":"v"}}}`...), 10); err != nil {
		t.Fatal(err)
	}
	m := Metadata{&e}
	n := 0
	m.Each(func(k, _ string) {
		n++
		if _, ok := m.Lookup(k); !ok {
			t.Errorf("%s is not found", k)
		}
	})
	if _, ok := m.Lookup("sns.z"); n != maxAttributes || ok {
		t.Errorf("%d attributes, the last one: %v", n, ok)
	}
}

func TestMetadataSaysHowItsNamesBegin(t *testing.T) {
	var source pipeline.MetaSource = Metadata{&Envelope{}}
	if n, ok := source.(interface{ Namespace() string }); !ok || n.Namespace() != "sns." {
		t.Error("it does not")
	}
}

func TestMessage(t *testing.T) {
	for raw, want := range map[string]string{`{"Message":"a\nb\u00e9"}`: "a\nbé", `{"Message":""}`: "", `{"Message":1}`: "none", `{}`: "none"} {
		var e Envelope
		if err := e.Read([]byte(raw), 10); err != nil {
			t.Fatal(err)
		}
		got, ok := e.Message()
		if !ok {
			got = []byte("none")
		}
		if string(got) != want {
			t.Errorf("%s: %q", raw, got)
		}
	}
}

// refusing has no certificate, for the reason given.
type refusing struct{ err error }

func (r refusing) find(context.Context, place) ([]*Certificate, error) { return nil, r.err }

func TestPatientCertificatesAreNeverMissingForGood(t *testing.T) {
	gone := refuse("gone")
	for _, err := range []error{gone, later(nil, 3, "away")} {
		_, got := Patient{refusing{err}}.find(t.Context(), place{})
		if got == nil || Permanent(got) || got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
	}
	if !gone.Permanent {
		t.Error("the error was changed for others")
	}
	if list, err := (Patient{genuine().pinned(t)}).find(t.Context(), place{}); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
}
