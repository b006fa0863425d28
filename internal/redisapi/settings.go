// Package redisapi reaches Redis: settings, connections, and commands of concurrent
// callers that travel together.
package redisapi

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// Settings say how a Redis server is reached. Whatever uses one has them among its
// own.
type Settings struct {
	// URL is where Redis is: redis://host:port, rediss://host:port for TLS, or
	// unix:///path. A user, a password and the number of a database may stand in it:
	// redis://user:password@host:port/2. Further nodes of a cluster, or further
	// sentinels, follow as ?addr=host:port&addr=host:port.
	URL conf.Secret `yaml:"url,required,short"`
	// Username of an ACL user, if not in the URL.
	Username string `yaml:"username"`
	// Password, if not in the URL.
	Password conf.Secret `yaml:"password"`
	// Database is the number of the database, if not in the URL. A cluster has only 0.
	Database int `yaml:"database"`
	// Cluster says that the URL names nodes of a Redis Cluster.
	Cluster bool `yaml:"cluster"`
	// SentinelMaster is the name of the master that the sentinels at the URL know.
	SentinelMaster string `yaml:"sentinel_master"`
	// SentinelUsername is for the sentinels themselves, if they ask.
	SentinelUsername string `yaml:"sentinel_username"`
	// SentinelPassword belongs to it.
	SentinelPassword conf.Secret `yaml:"sentinel_password"`
	// TLSCA is a file of certificates (PEM) to trust instead of the system's.
	TLSCA string `yaml:"tls_ca"`
	// TLSCert is a file with the certificate (PEM) to present, with tls_key.
	TLSCert string `yaml:"tls_cert"`
	// TLSKey is the file with the key (PEM) of tls_cert.
	TLSKey string `yaml:"tls_key"`
	// TLSServerName is the name in the server's certificate. Empty: the URL's host.
	TLSServerName string `yaml:"tls_server_name"`
}

// Files are the files that the settings name.
func (s Settings) Files() []string { return []string{s.TLSCA, s.TLSCert, s.TLSKey} }

// Validate reports settings that cannot work.
func (s Settings) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, conf.FieldError(field, "%s", message))
		}
	}
	t, err := s.target()
	if err != nil {
		errs = append(errs, conf.FieldError("url", "%w", err))
	}
	need(s.Database >= 0, "database", "must not be negative")
	need(t == nil || s.Database == 0 || s.Database == t.database, "database", "the URL names another one: keep one of them")
	need(!s.Cluster || s.Database == 0 && (t == nil || t.database == 0), "cluster", "a cluster has only database 0")
	need(!s.Cluster || s.SentinelMaster == "", "sentinel_master", "a cluster needs no sentinels: keep one of the two")
	need(s.SentinelMaster != "" || s.SentinelUsername == "" && s.SentinelPassword == "", "sentinel_username", "needs sentinel_master beside it")
	need((s.TLSCert == "") == (s.TLSKey == ""), "tls_key", "tls_cert and tls_key need each other")
	need(t == nil || t.secure || s.TLSCA+s.TLSCert+s.TLSServerName == "", "url", `must begin with "rediss://" for the TLS settings to count`)
	need(t == nil || len(t.addresses) == 1 || s.Cluster || s.SentinelMaster != "", "url", "several addresses need cluster: true or sentinel_master")
	return errors.Join(errs...)
}

// target is what the URL says.
type target struct {
	network, username, password string
	addresses                   []string
	database                    int
	secure                      bool
}

// Errors about the URL do not repeat it: it may hold a password.
var (
	errURL      = errors.New(`want a URL such as "redis://127.0.0.1:6379" or "rediss://user:password@host:6379/0"`)
	errDatabase = errors.New("its path must be the number of a database, such as /0")
	errQuery    = errors.New(`only "addr" may follow the "?": everything else is a setting`)
)

func (s Settings) target() (*target, error) {
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || u.Fragment != "" {
		return nil, errURL
	}
	t := &target{network: "tcp", username: s.Username, password: s.Password.Reveal(), secure: u.Scheme == "rediss"}
	if u.User != nil {
		t.username = u.User.Username()
		if p, given := u.User.Password(); given {
			t.password = p
		}
	}
	switch u.Scheme {
	case "unix":
		t.network, t.addresses = "unix", []string{u.Path}
		if u.Path == "" || u.RawQuery != "" {
			return nil, errURL
		}
	case "redis", "rediss":
		if err := t.read(u); err != nil {
			return nil, err
		}
	default:
		return nil, errURL
	}
	if t.database == 0 {
		t.database = s.Database
	}
	return t, nil
}

func (t *target) read(u *url.URL) (err error) {
	if u.Hostname() == "" {
		return errURL
	}
	if number := strings.Trim(u.Path, "/"); number != "" {
		if t.database, err = strconv.Atoi(number); err != nil || t.database < 0 {
			return errDatabase
		}
	}
	t.addresses = []string{withPort(u.Host)}
	for name, values := range u.Query() {
		if name != "addr" {
			return errQuery
		}
		for _, v := range values {
			t.addresses = append(t.addresses, withPort(v))
		}
	}
	return nil
}

func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "6379")
}
