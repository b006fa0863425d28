package redisapi

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/testservers"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

// reached opens a client and has it answer.
func reached(t *testing.T, s Settings) Client {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestADatabaseIsReachedByURLOrSetting(t *testing.T) {
	url := testservers.RedisURL(t)
	one := reached(t, Settings{URL: conf.Secret(url + "/3")})
	if err := one.Set(t.Context(), "in three", "1", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	for database, want := range map[int]int64{3: 1, 4: 0} {
		c := reached(t, Settings{URL: conf.Secret(url), Database: database})
		if n := c.Exists(t.Context(), "in three").Val(); n != want {
			t.Errorf("database %d has %d of the key, want %d", database, n, want)
		}
	}
}

func TestAnACLUserIsReachedByURLOrSetting(t *testing.T) {
	r := testservers.StartRedis(t)
	admin := reached(t, Settings{URL: conf.Secret(r.URL())})
	for _, user := range [][]any{{"mill", "on", ">wa:ter", "~*", "&*", "+@all"}, {"default", "off"}} {
		if err := admin.Do(t.Context(), append([]any{"acl", "setuser"}, user...)...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	reached(t, Settings{URL: conf.Secret(r.URL()), Username: "mill", Password: "wa:ter"})
	reached(t, Settings{URL: conf.Secret(strings.Replace(r.URL(), "://", "://mill:wa%3Ater@", 1))})
	c, err := Open(Settings{URL: conf.Secret(r.URL()), Username: "mill", Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Ping(t.Context()).Err(); err == nil || strings.Contains(err.Error(), "wrong") && !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestAUnixSocketIsReached(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	testservers.StartRedis(t, "--unixsocket", path)
	reached(t, Settings{URL: conf.Secret("unix://" + path)})
}

func TestAClusterIsReached(t *testing.T) {
	r := testservers.StartRedis(t, "--cluster-enabled", "yes")
	one := reached(t, Settings{URL: conf.Secret(r.URL())})
	if err := one.Do(t.Context(), "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(one.ClusterInfo(t.Context()).Val(), "cluster_state:ok"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cluster does not come up")
		}
	}
	p := NewPipe(reached(t, Settings{URL: conf.Secret(r.URL()), Cluster: true}))
	defer p.Close()
	for i := range 20 { // they lie on different slots
		key := fmt.Sprintf("{%d}", i)
		got, err := NewScript(`return redis.call('INCR', KEYS[1])`).Run(t.Context(), p, []string{key})
		if err != nil || got != int64(1) {
			t.Errorf("%s: %v, %v", key, got, err)
		}
	}
}

func TestAMasterIsReachedThroughSentinels(t *testing.T) {
	r := testservers.StartRedis(t)
	_, port, _ := net.SplitHostPort(r.Address())
	conf0 := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(conf0, []byte("sentinel monitor mill 127.0.0.1 "+port+" 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := testservers.StartRedisWith(t, conf0, "--sentinel")
	c := reached(t, Settings{URL: conf.Secret(s.URL()), SentinelMaster: "mill"})
	if info := c.Info(t.Context(), "server").Val(); !strings.Contains(info, "tcp_port:"+port) {
		t.Errorf("not the master was reached: %s", info)
	}
}

func TestTLSIsChecked(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	port := freePort(t)
	testservers.StartRedis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
	url := conf.Secret("rediss://127.0.0.1:" + port)
	reached(t, Settings{URL: url, TLSCA: cert, TLSCert: cert, TLSKey: key, TLSServerName: "mill"})
	for name, s := range map[string]Settings{
		"trusts the system only": {URL: url, TLSCert: cert, TLSKey: key, TLSServerName: "mill"},
		"shows no certificate":   {URL: url, TLSCA: cert, TLSServerName: "mill"},
		"knows another name":     {URL: url, TLSCA: cert, TLSCert: cert, TLSKey: key, TLSServerName: "other"},
	} {
		c, err := Open(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Ping(t.Context()).Err(); err == nil {
			t.Errorf("a client that %s is let in", name)
		}
		_ = c.Close()
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// certificate writes one for the name mill that signs itself.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mill"}, DNSNames: []string{"mill"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8)
}
