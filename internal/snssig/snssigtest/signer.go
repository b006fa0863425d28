// Package snssigtest signs envelopes as SNS does, for tests of what verifies
// them.
package snssigtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// Signer has a key and a certificate for sns.amazonaws.com that signs itself. It
// is valid from 1990 to 2190, so that virtual time does not matter.
type Signer struct {
	key *rsa.PrivateKey
	// PEM is the certificate, as it lies at a SigningCertURL.
	PEM []byte
}

// Shared returns the signer of this process, which is made once.
var Shared = sync.OnceValue(func() *Signer {
	s, err := New()
	if err != nil {
		panic(err)
	}
	return s
})

// New makes a signer with a key of its own.
func New() (*Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, DNSNames: []string{"sns.amazonaws.com"},
		NotBefore: year(1990), NotAfter: year(2190),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &Signer{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// Message is an envelope in the making: the texts of its fields.
type Message map[string]string

// Notification is a message of a topic, whose ARN must have its six parts.
func Notification(topic, id, text string) Message {
	region := strings.Split(topic, ":")[3]
	return Message{
		"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": text,
		"Timestamp": "2026-03-31T12:00:00.000Z", "SignatureVersion": "2",
		"SigningCertURL": "https://sns." + region + ".amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
		"UnsubscribeURL": "https://sns." + region + ".amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + topic + ":0",
	}
}

// Confirmation is what SNS sends to have a subscription confirmed.
func Confirmation(topic, id, token string) Message {
	m := Notification(topic, id, "You have chosen to subscribe to the topic "+topic+".")
	m["Type"], m["Token"] = "SubscriptionConfirmation", token
	m["SubscribeURL"] = "https://sns." + strings.Split(topic, ":")[3] + ".amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=" + token
	return m
}

// Sign returns the message as JSON, with its signature.
func (s *Signer) Sign(m Message) []byte {
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if m["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		if value, ok := m[name]; ok {
			fmt.Fprintf(&text, "%s\n%s\n", name, value)
		}
	}
	m["Signature"] = s.signature(m["SignatureVersion"], text.String())
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func (s *Signer) signature(version, text string) string {
	long, short := sha256.Sum256([]byte(text)), sha1.Sum([]byte(text))
	hash, digest := crypto.SHA256, long[:]
	if version == "1" {
		hash, digest = crypto.SHA1, short[:]
	}
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, hash, digest)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}
