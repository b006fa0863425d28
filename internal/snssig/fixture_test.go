package snssig

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const testTopic = "arn:aws:sns:eu-west-1:123456789012:parcels"

var testTime = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// signer stands for SNS: a key and a certificate of it.
type signer struct {
	key *rsa.PrivateKey
	pem []byte
}

func newSigner(key crypto.Signer, names ...string) *signer {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: testTime.Add(-time.Hour), NotAfter: testTime.Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	s := &signer{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
	s.key, _ = key.(*rsa.PrivateKey)
	return s
}

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

var genuine = sync.OnceValue(func() *signer { return newSigner(newKey(2048), "sns.amazonaws.com") })

func (s *signer) pinned(t testing.TB) Pinned {
	t.Helper()
	list, err := ParseCertificates(s.pem)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// message is an envelope in the making: the texts of its fields.
type message map[string]string

func notification() message {
	return message{
		"Type": Notification, "MessageId": "m-1", "TopicArn": testTopic, "Subject": "parcel", "Message": "{\"n\": \"æ\"}\nnext/line",
		"Timestamp": "2026-03-31T12:00:00.000Z", "SignatureVersion": "2",
		"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
		"UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=x",
	}
}

func confirmation() message {
	m := notification()
	delete(m, "Subject")
	m["Type"], m["Token"] = SubscriptionConfirmation, "secret-token"
	m["SubscribeURL"] = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + testTopic + "&Token=secret-token"
	return m
}

func (m message) with(field, value string) message {
	m = maps.Clone(m)
	m[field] = value
	return m
}

func (m message) without(field string) message {
	m = maps.Clone(m)
	delete(m, field)
	return m
}

// toSign is the string to sign, written down a second time.
func (m message) toSign() string {
	var b strings.Builder
	for _, name := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		value, ok := m[name]
		control := name == "SubscribeURL" || name == "Token"
		if ok && (m["Type"] == Notification && !control || m["Type"] != Notification && name != "Subject") {
			b.WriteString(name + "\n" + value + "\n")
		}
	}
	return b.String()
}

func (s *signer) sign(m message) message {
	hash, digest := crypto.SHA256, sha256.Sum256([]byte(m.toSign()))
	sum := digest[:]
	if m["SignatureVersion"] == "1" {
		short := sha1.Sum([]byte(m.toSign()))
		hash, sum = crypto.SHA1, short[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, sum)
	if err != nil {
		panic(err)
	}
	return m.with("Signature", base64.StdEncoding.EncodeToString(signature))
}

// json writes the message. Bytes that are not UTF-8 stay as they are.
func (m message) json() []byte {
	b := []byte{'{'}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(appendLiteral(b, name), ':'), appendLiteral(nil, m[name])...)
	}
	return append(b, '}')
}

func appendLiteral(b []byte, text string) []byte {
	b = append(b, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// verify reads and verifies an envelope.
func verify(v *Verifier, raw []byte, at time.Time) error {
	var e Envelope
	if err := e.Read(raw, 64); err != nil {
		return err
	}
	return v.Verify(context.Background(), &e, at)
}

func topics(t testing.TB, arns ...string) Topics {
	t.Helper()
	list, err := ParseTopics(arns)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// wire is a transport that counts requests and answers as it is told.
type wire struct {
	requests atomic.Int64
	answer   func(q *http.Request) (*http.Response, error)
}

func (w *wire) RoundTrip(q *http.Request) (*http.Response, error) {
	w.requests.Add(1)
	return w.answer(q)
}

func respond(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func serving(status int, body string) *wire {
	return &wire{answer: func(*http.Request) (*http.Response, error) { return respond(status, body) }}
}
