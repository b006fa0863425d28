package snshttp

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// TLS names the files of a certificate. They are read again when they have
// changed; a pair that cannot be read does not replace the one in use.
type TLS struct {
	// Certificate is the path of a PEM file with the certificate of the endpoint's
	// host, followed by those of its issuers. SNS does not connect to an endpoint
	// whose certificate it does not trust, as one that is signed by itself.
	Certificate string `yaml:"certificate"`
	// Key is the path of a PEM file with the private key.
	Key string `yaml:"key"`
}

// Validate reports settings that cannot work.
func (c TLS) Validate() error {
	switch {
	case c.Certificate == "" && c.Key != "":
		return pipeline.FieldError("certificate", "the key needs a certificate beside it")
	case c.Certificate != "" && c.Key == "":
		return pipeline.FieldError("key", "the certificate needs its key beside it")
	}
	return nil
}

func (c TLS) on() bool { return c.Certificate != "" }

// lookEvery is how often the files are looked at, when somebody connects, and
// sayEvery how often the log is told that they cannot be used.
const (
	lookEvery = 10 * time.Second
	sayEvery  = time.Minute
)

// keyPair is a certificate and its key in two files.
type keyPair struct {
	files TLS
	clock pipeline.Clock
	log   *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	state  [2]fileState // of the files when the pair was read from them
	looked time.Time
	said   time.Time // when the log was told last that they cannot be used
}

// fileState tells whether a file has changed.
type fileState struct {
	modified time.Time
	size     int64
}

// loadKeyPair reads the files, so that check reports those that are missing or
// do not fit each other.
func loadKeyPair(files TLS, clock pipeline.Clock, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{files: files, clock: clock, log: log, looked: clock.Now()}
	k.state, _ = k.look()
	if err := k.load(); err != nil {
		return nil, pipeline.FieldError("tls.certificate", "%w", err)
	}
	return k, nil
}

func (k *keyPair) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.get(), nil }}
}

// get returns the certificate to use now.
func (k *keyPair) get() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if now.Sub(k.looked) < lookEvery {
		return k.pair
	}
	k.looked = now
	state, err := k.look()
	if err == nil && state == k.state {
		return k.pair
	}
	if err == nil {
		err = k.load()
	}
	if err != nil {
		k.complain(now, err)
		return k.pair
	}
	k.state, k.said = state, time.Time{}
	k.log.Info("the certificate was read again", "file", k.files.Certificate)
	return k.pair
}

// complain leaves the state of the files as it was when they were of use, so that
// they are tried again.
func (k *keyPair) complain(now time.Time, err error) {
	if k.said.IsZero() || now.Sub(k.said) >= sayEvery {
		k.said = now
		k.log.Warn("the files of the certificate have changed and cannot be used; the one read before stays in use", "error", err)
	}
}

func (k *keyPair) look() (state [2]fileState, err error) {
	for i, path := range [...]string{k.files.Certificate, k.files.Key} {
		info, err := os.Stat(path)
		if err != nil {
			return state, err
		}
		state[i] = fileState{info.ModTime(), info.Size()}
	}
	return state, nil
}

// load replaces the pair if the files can be read.
func (k *keyPair) load() error {
	pair, err := tls.LoadX509KeyPair(k.files.Certificate, k.files.Key)
	if err != nil {
		return fmt.Errorf("cannot be used together with its key: %w", err)
	}
	k.pair = &pair
	return nil
}
