package snssig

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
)

// FuzzVerify changes a genuine envelope: what is accepted must say what was
// signed, no more and no less.
func FuzzVerify(f *testing.F) {
	signed := []message{genuine().sign(notification()), genuine().sign(notification().with("SignatureVersion", "1").without("Subject")), genuine().sign(confirmation())}
	var wanted []string
	for _, m := range signed {
		wanted = append(wanted, m.toSign())
		f.Add(m.json())
		f.Add(bytes.ReplaceAll(m.json(), []byte("/"), []byte(`\/`)))
	}
	f.Add([]byte(`{"Type":"Notification","Subject":null,"TopicArn":"` + testTopic + `"}`))
	v := &Verifier{AnyTopic(), genuine().pinned(f)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if verify(v, raw, testTime) != nil {
			return
		}
		var e Envelope
		if err := e.Read(raw, 64); err != nil {
			t.Fatal(err)
		}
		text, err := e.appendSigned(nil, e.Type())
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wanted {
			if string(text) == want {
				return
			}
		}
		t.Fatalf("accepted: %s", raw)
	})
}

func FuzzPlaces(f *testing.F) {
	for _, u := range append(hostileCertificateURLs(), hostileSubscribeURLs()...) {
		f.Add(u)
	}
	f.Add(notification()["SigningCertURL"])
	f.Add(confirmation()["SubscribeURL"])
	at, err := parseTopic(testTopic)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := at.certificatePlace(text); err == nil {
			u, err := url.Parse(text)
			if err != nil || u.Host != host || u.Scheme != "https" || u.User != nil || u.Port() != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !strings.HasSuffix(u.Path, ".pem") || u.RawPath != "" {
				t.Errorf("%q: %v %v", text, u, err)
			}
			if p.url() != text {
				t.Errorf("%q becomes %q", text, p.url())
			}
		}
		if p, err := at.subscribePlace(text, "secret-token"); err == nil {
			u, err := url.Parse(p.url())
			if err != nil || u.Host != host || u.Path != "/" || u.Query().Get("Token") != "secret-token" || u.Query().Get("TopicArn") != testTopic || len(u.Query()) != 3 {
				t.Errorf("%q: %v %v", text, u, err)
			}
		}
	})
}

func FuzzTopics(f *testing.F) {
	f.Add(testTopic, testTopic)
	f.Add("arn:aws:sns:*:123456789012:*", testTopic)
	f.Add("arn:aws:sns:eu-*-1:*:*a*s*", testTopic)
	f.Fuzz(func(t *testing.T, pattern, arn string) {
		list, err := ParseTopics([]string{pattern})
		if err != nil {
			return
		}
		allowed := list.Allow(arn) == nil
		if !strings.Contains(pattern, "*") && allowed != (pattern == arn) {
			t.Errorf("%q, %q: %v", pattern, arn, allowed)
		}
		if allowed && strings.Count(arn, ":") != 5 {
			t.Errorf("%q allows %q", pattern, arn)
		}
	})
}

func FuzzCertificates(f *testing.F) {
	f.Add(genuine().pem)
	f.Fuzz(func(t *testing.T, text []byte) {
		if list, err := ParseCertificates(text); err == nil && (len(list) == 0 || len(list) > maxCertificates) {
			t.Error(len(list))
		}
	})
}
