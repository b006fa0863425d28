package snshttp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// pair writes a certificate for 127.0.0.1 with the given serial number, and its
// key, into a folder.
func pair(t *testing.T, folder string, serial int64) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "leat"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	for path, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// onNetwork is a rig whose source listens and whose SNS is a server.
func onNetwork(t *testing.T, settings string, delivery sqstest.HTTPDelivery) (*flowtest.Rig, *sqstest.Server, *receiver) {
	t.Helper()
	sns := sqstest.New(t, sqstest.Options{Delivery: delivery})
	var r *receiver
	source := pipeline.DefineSource("snshttp", Source.Defaults.(SourceConfig), func(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
		s, err := NewSource(c, env)
		if err == nil {
			r = s.Subscriber.(*receiver)
		}
		return s, err
	})
	o := options{settings: "listen: ':0', path: /in, endpoint: '" + sns.URL + "', " + settings}
	rig := flowtest.Start(t, o.yaml(), flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{source}}})
	eventually(t, "the source listens", func() bool { return r.Addr() != nil })
	return rig, sns, r
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); {
		if time.Now().After(end) {
			t.Fatalf("not after 20 s: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestOverHTTPS(t *testing.T) {
	certificate, key := pair(t, t.TempDir(), 1)
	text, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	rig, sns, r := onNetwork(t, "tls: {certificate: '"+certificate+"', key: '"+key+"'}", sqstest.HTTPDelivery{
		Gap: 10 * time.Millisecond, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	})
	arn := sns.CreateTopic("parcels")
	form := "Action=Subscribe&Version=2010-03-31&Protocol=https&TopicArn=" + arn + "&Endpoint=https%3A%2F%2F" + r.Addr().String() + "%2Fin"
	post(t, sns.URL, "application/x-www-form-urlencoded", []byte(form))
	eventually(t, "the subscription is confirmed", func() bool { return sns.Subscriptions(arn)[0].Confirmed })
	post(t, sns.URL, "application/x-www-form-urlencoded", []byte("Action=Publish&Version=2010-03-31&Message=x&TopicArn="+arn))
	eventually(t, "the event arrives", func() bool { return len(rig.Recorder.Got("out")) == 1 })
	eventually(t, "the delivery is answered", func() bool { return sns.Deliveries().Waiting == 0 })
	if n := sns.Deliveries(); n.Delivered != 2 || n.Refused != 0 {
		t.Errorf("deliveries %+v", n)
	}
}

func post(t *testing.T, url, contentType string, body []byte) int {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), "POST", url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", contentType)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestTheCertificateIsReadAgainWhenItChanges(t *testing.T) {
	folder := t.TempDir()
	certificate, key := pair(t, folder, 1)
	clock := &handClock{now: time.Now()}
	k, err := loadKeyPair(TLS{certificate, key}, clock, quiet)
	if err != nil {
		t.Fatal(err)
	}
	want := func(serial int64) {
		t.Helper()
		got, err := k.config().GetCertificate(nil)
		if err != nil || got.Leaf.SerialNumber.Int64() != serial {
			t.Errorf("got %v, %v; want %d", got.Leaf.SerialNumber, err, serial)
		}
	}
	pair(t, folder, 1234567890123)
	want(1)
	clock.advance(lookEvery)
	want(1234567890123)
	if err := os.WriteFile(key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	clock.advance(lookEvery)
	want(1234567890123)
	_ = os.Remove(key)
	clock.advance(lookEvery)
	want(1234567890123)
	pair(t, folder, 3)
	clock.advance(lookEvery)
	want(3)
}

// A pair of which only the key was wrong for a while, without another change.
func TestAPairThatCouldNotBeReadIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	certificate, key := pair(t, folder, 1)
	clock := &handClock{now: time.Now()}
	var log bytes.Buffer
	k, err := loadKeyPair(TLS{certificate, key}, clock, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	pair(t, folder, 2)
	good, state := readAll(t, key), time.Now().Add(time.Hour)
	write := func(text []byte) {
		t.Helper()
		if err := errors.Join(os.WriteFile(key, text, 0o600), os.Chtimes(key, state, state)); err != nil {
			t.Fatal(err)
		}
	}
	write(bytes.Repeat([]byte("x"), len(good)))
	for range 12 {
		clock.advance(lookEvery)
		if got := k.get().Leaf.SerialNumber.Int64(); got != 1 {
			t.Fatalf("got %d", got)
		}
	}
	if n := strings.Count(log.String(), "stays in use"); n != 2 {
		t.Errorf("said %d times in two minutes", n)
	}
	write(good) // as it looks, nothing has changed
	clock.advance(lookEvery)
	if got := k.get().Leaf.SerialNumber.Int64(); got != 2 {
		t.Errorf("got %d", got)
	}
}

func readAll(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func dial(t *testing.T, r *receiver, text string) *net.TCPConn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// listening is a receiver without a flow.
func listening(t *testing.T, change func(*receiver)) *receiver {
	t.Helper()
	var r *receiver
	source := pipeline.DefineSource("snshttp", Source.Defaults.(SourceConfig), func(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
		s, err := NewSource(c, env)
		if err == nil {
			r = s.Subscriber.(*receiver)
		}
		return s, err
	})
	flowtest.Load(t, options{settings: "listen: ':0'"}.yaml(), flowtest.Options{Catalog: pipeline.Catalog{Sources: []pipeline.SourceDef{source}}})
	change(r)
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := r.Subscribe(ctx, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestSlowHeadersLoseTheConnection(t *testing.T) {
	r := listening(t, func(r *receiver) { r.Server.ReadHeaderTimeout = 20 * time.Millisecond })
	conn := dial(t, r, "POST / HTTP/1.1\r\nHost:")
	if rest, err := io.ReadAll(conn); err != nil {
		t.Errorf("read %q, %v; want the end", rest, err)
	}
}

func TestASlowBodyComesAgain(t *testing.T) {
	r := listening(t, func(r *receiver) {
		if r.Server.ReadTimeout == 0 || r.Server.ReadTimeout >= senderWaits {
			t.Errorf("a body has %s", r.Server.ReadTimeout)
		}
		r.Server.ReadTimeout = 20 * time.Millisecond
	})
	conn := dial(t, r, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable {
		t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
}
