package snssig

import (
	"context"
	"maps"
	"testing"
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
