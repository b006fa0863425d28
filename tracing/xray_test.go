package tracing

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestXRay(t *testing.T) {
	const whole = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8"
	for header, want := range map[string]string{
		whole + ";Sampled=1":                  "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 01",
		whole:                                 "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 00",
		" Sampled=? ; Lineage=a:0 ; " + whole: "5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 00",
		"Root=1-5759e988-bd862e3fe1be46a994272793":                         "",
		"Root=1-5759e9-88bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8": "",
		"Self=1;Root=;Parent=":                                             "",
		whole + strings.Repeat(";a=b", 100):                                "",
		"":                                                                 "",
	} {
		got := ""
		if c := xray(header); c.IsValid() {
			got = c.TraceID().String() + " " + c.SpanID().String() + " " + c.TraceFlags().String()
		}
		if got != want {
			t.Errorf("%q: %q", header, got)
		}
	}
}

func FuzzXRay(f *testing.F) {
	f.Add("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	f.Fuzz(func(t *testing.T, header string) {
		if c := xray(header); c.IsValid() && !strings.Contains(header, c.SpanID().String()) {
			t.Errorf("%q: %v", header, c)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("aé\xff€", 3)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = max(0, min(most, 100))
		got := text(s, most)
		if !utf8.ValidString(got) || len(got) > 3*most {
			t.Errorf("%q", got)
		}
		if utf8.ValidString(s) && !strings.HasPrefix(s, got) {
			t.Errorf("%q of %q", got, s)
		}
	})
}
