package redisapi

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Client is a server, a cluster, or a master that sentinels know.
type Client = redis.UniversalClient

const (
	dialTimeout = 3 * time.Second
	// callTimeout is how long an answer is waited for. A server that scripts keep
	// busy for longer is as good as away.
	callTimeout = 3 * time.Second
)

// Open returns a client. It reads the files of the TLS settings and connects only
// when it is first used.
func Open(s Settings) (Client, error) { return OpenPatient(s, callTimeout) }

// OpenPatient is [Open] for answers that may take longer to arrive.
func OpenPatient(s Settings, answer time.Duration) (Client, error) {
	t, err := s.target()
	if err != nil {
		return nil, err
	}
	secure, err := s.tls(t)
	if err != nil {
		return nil, err
	}
	o := &redis.UniversalOptions{
		Addrs: t.addresses, DB: t.database, Username: t.username, Password: t.password,
		IsClusterMode: s.Cluster, MasterName: s.SentinelMaster,
		SentinelUsername: s.SentinelUsername, SentinelPassword: s.SentinelPassword.Reveal(),
		TLSConfig: secure, ClientName: "leat", DialTimeout: dialTimeout, ReadTimeout: answer, WriteTimeout: callTimeout,
		ContextTimeoutEnabled: true, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if t.network == "unix" {
		single := o.Simple()
		single.Network = t.network
		return redis.NewClient(single), nil
	}
	return redis.NewUniversalClient(o), nil
}

func (s Settings) tls(t *target) (*tls.Config, error) {
	if !t.secure {
		return nil, nil
	}
	c := &tls.Config{ServerName: s.TLSServerName, MinVersion: tls.VersionTLS12}
	if s.TLSCA != "" {
		pem, err := os.ReadFile(s.TLSCA)
		if err != nil {
			return nil, fmt.Errorf("tls_ca: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls_ca: %s holds no certificate in PEM", s.TLSCA)
		}
	}
	if s.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("tls_cert: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Address is where the settings lead, without anything secret, for messages.
func (s Settings) Address() string {
	t, err := s.target()
	if err != nil {
		return "redis"
	}
	return strings.Join(t.addresses, ", ")
}
