package snssig

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/race"
)

// mutations are texts that differ from the given one at byte i.
func mutations(text string, i int) (out []string) {
	c := text[i]
	for _, other := range []byte{c ^ 1, c ^ 0x20, c ^ 0x80, c + 1, c - 1, '\n', 0, 'A'} {
		if other != c {
			out = append(out, text[:i]+string([]byte{other})+text[i+1:])
		}
	}
	return append(out, text[:i]+text[i+1:], text[:i]+"x"+text[i:], text[:i]+"\n"+text[i:], text[:i]+" "+text[i:])
}

// refuseAllMutations changes every byte of every signed field and of the
// signature in several ways.
func refuseAllMutations(t *testing.T, v *Verifier, m message, at time.Time) {
	t.Helper()
	fields := append(slices.Clone(signedNotification), "Signature")
	if m["Type"] != Notification {
		fields = append(slices.Clone(signedConfirmation), "Signature")
	}
	n, stride := 0, 1
	if race.Detector { // make test runs these tests without it too
		stride = 7
	}
	for _, field := range fields {
		value, ok := m[field]
		if !ok {
			continue
		}
		for i := 0; i < len(value); i += stride {
			for _, other := range mutations(value, i) {
				if n++; other != value && verify(v, m.with(field, other).json(), at) == nil {
					t.Fatalf("accepted: %s with byte %d changed: %q", field, i, other)
				}
			}
		}
		for _, other := range []string{"", value + "\n", value + "\x00", value + "=", value + value, strings.ToUpper(value) + "x"} {
			if n++; other != value && verify(v, m.with(field, other).json(), at) == nil {
				t.Fatalf("accepted: %s = %q", field, other)
			}
		}
		if n++; verify(v, m.without(field).json(), at) == nil {
			t.Fatalf("accepted without %s", field)
		}
	}
	t.Logf("%d changes refused", n)
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	s := genuine()
	v := &Verifier{AnyTopic(), s.pinned(t)}
	for _, version := range []string{"1", "2"} {
		for _, m := range []message{notification(), notification().without("Subject"), confirmation(), confirmation().with("Type", UnsubscribeConfirmation)} {
			refuseAllMutations(t, v, s.sign(m.with("SignatureVersion", version)), testTime)
		}
	}
}

// The vectors are messages that AWS signed, and their certificates.
func vectors(t *testing.T) (messages map[string][]byte, certificates map[string]Pinned) {
	dir := os.Getenv("LEAT_VECTORS")
	if dir == "" {
		t.Skip("NOT RUN: set LEAT_VECTORS to the folder of the recorded messages to verify genuine ones")
	}
	messages, certificates = map[string][]byte{}, map[string]Pinned{}
	paths, _ := filepath.Glob(filepath.Join(dir, "sns", "*.json"))
	pems, _ := filepath.Glob(filepath.Join(dir, "sns", "certs", "*.pem"))
	if len(paths) == 0 || len(pems) == 0 {
		t.Fatalf("there are no messages in %s", dir)
	}
	for _, path := range append(paths, pems...) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, ".json") {
			messages[filepath.Base(path)] = raw
		} else if certificates[filepath.Base(path)], err = ParseCertificates(raw); err != nil {
			t.Fatal(err)
		}
	}
	return messages, certificates
}

func TestGenuineVectors(t *testing.T) {
	messages, certificates := vectors(t)
	for name, raw := range messages {
		t.Run(name, func(t *testing.T) {
			var e Envelope
			if err := e.Read(raw, 64); err != nil {
				t.Fatal(err)
			}
			url, _ := e.certificateURL()
			at, err := e.Sent()
			if err != nil {
				t.Fatal(err)
			}
			v := &Verifier{topics(t, e.Text("TopicArn")), certificates[filepath.Base(url)]}
			if err := v.Verify(t.Context(), &e, at); err != nil {
				t.Fatal(err)
			}
			if err := v.Verify(t.Context(), &e, at.AddDate(3, 0, 0)); !Permanent(err) {
				t.Errorf("three years later: %v", err)
			}
			refuseAllMutations(t, &Verifier{AnyTopic(), v.Certificates}, messageOf(t, raw), at)
		})
	}
}

func messageOf(t *testing.T, raw []byte) message {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	m := message{}
	for name, value := range fields {
		if text, ok := value.(string); ok {
			m[name] = text
		}
	}
	return m
}
