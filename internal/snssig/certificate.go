package snssig

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Certificate is what a message is verified with.
type Certificate struct {
	NotBefore, NotAfter time.Time
	// Names are the names of its owner, in lower case.
	Names []string
	key   *rsa.PublicKey
}

const (
	minKey, maxKey  = 2048, 8 * maxSignature // bits
	maxCertificates = 8                      // of a file
)

// ParseCertificates reads the certificates of a PEM file: those of SNS hold one,
// a pinned one may hold its successor too. Other blocks are an error, as are
// keys other than RSA of 2048 to 8192 bits.
func ParseCertificates(text []byte) (list []*Certificate, err error) {
	for len(list) < maxCertificates {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		c, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no certificate in it; want PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return list, nil
}

func parseBlock(block *pem.Block) (*Certificate, error) {
	if block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("want certificates only, got a block %s", quoted(block.Type))
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the key of the certificate is not RSA")
	}
	if bits := key.N.BitLen(); bits < minKey || bits > maxKey {
		return nil, fmt.Errorf("the RSA key of the certificate has %d bits; want %d to %d", bits, minKey, maxKey)
	}
	return &Certificate{c.NotBefore, c.NotAfter, namesOf(c), key}, nil
}

// namesOf returns the names that count: the common name is for certificates
// without others.
func namesOf(c *x509.Certificate) (names []string) {
	for _, name := range c.DNSNames {
		names = append(names, strings.ToLower(name))
	}
	if names == nil && c.Subject.CommonName != "" {
		names = []string{strings.ToLower(c.Subject.CommonName)}
	}
	return names
}

// check reports whether the certificate may sign for the topic's region, and
// whether it may at that time.
func (c *Certificate) check(t *topic, at time.Time) *Error {
	if !slices.ContainsFunc(c.Names, func(name string) bool { return slices.Contains(t.names[:], name) }) {
		return refuse("the certificate is not one of SNS in %s: its names are %s", t.region, quoted(strings.Join(c.Names, ", ")))
	}
	if at.Before(c.NotBefore) || at.After(c.NotAfter) {
		e := refuse("the certificate is valid from %s to %s, not at %s", stamp(c.NotBefore), stamp(c.NotAfter), stamp(at))
		e.Outdated = true
		return e
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
