package snssig

import (
	"testing"
)

func BenchmarkVerify(b *testing.B) {
	fetcher := NewFetcher(Options{Transport: serving(200, string(genuine().pem))})
	defer fetcher.Close()
	for name, certificates := range map[string]Certificates{"pinned": genuine().pinned(b), "fetched": fetcher} {
		for _, version := range []string{"1", "2"} {
			raw := genuine().sign(notification().with("SignatureVersion", version)).json()
			v := &Verifier{topics(b, "arn:aws:sns:eu-west-1:123456789012:*"), certificates}
			b.Run(name+"/version="+version, func(b *testing.B) {
				b.ReportAllocs()
				var e Envelope
				for b.Loop() {
					if err := e.Read(raw, 64); err != nil {
						b.Fatal(err)
					}
					if err := v.Verify(b.Context(), &e, testTime); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRefuse is what a foreign message costs.
func BenchmarkRefuse(b *testing.B) {
	raw := genuine().sign(notification()).json()
	v := &Verifier{topics(b, "arn:aws:sns:eu-west-1:999999999999:*"), genuine().pinned(b)}
	b.ReportAllocs()
	var e Envelope
	for b.Loop() {
		_ = e.Read(raw, 64)
		if v.Verify(b.Context(), &e, testTime) == nil {
			b.Fatal("accepted")
		}
	}
}
