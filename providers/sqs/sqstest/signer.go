package sqstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

// signer signs envelopes as SNS does: with an RSA key whose certificate is a leaf
// for sns.amazonaws.com. Nobody but a test should trust it.
type signer struct {
	now  time.Time
	once sync.Once
	pem  []byte
	name string // of the certificate's file
}

func newSigner(now time.Time) *signer { return &signer{now: now} }

// signingKey is made when the first envelope is signed, once for all servers of
// the process: that takes longer than all else a server does.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("sqstest: make a key to sign with: %v", err))
	}
	return key
})

// certificate makes the certificate when it is first asked for.
func (s *signer) certificate() (pem []byte, name string) {
	s.once.Do(s.certify)
	return s.pem, s.name
}

func (s *signer) certify() {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(s.now.Unix()),
		Subject:      pkix.Name{CommonName: "sns.amazonaws.com"},
		DNSNames:     []string{"sns.amazonaws.com"},
		NotBefore:    s.now.Add(-24 * time.Hour),
		NotAfter:     s.now.AddDate(1, 0, -1),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	key := signingKey()
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(fmt.Sprintf("sqstest: make a certificate: %v", err))
	}
	s.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	sum := sha256.Sum256(der)
	s.name = "SimpleNotificationService-" + hex.EncodeToString(sum[:16]) + ".pem"
}

// sign returns the signature of a text in base64. Version 2 is SHA-256, all else
// is SHA-1.
func (s *signer) sign(version, text string) string {
	hash, sum := crypto.SHA1, sha1Sum(text)
	if version == "2" {
		digest := sha256.Sum256([]byte(text))
		hash, sum = crypto.SHA256, digest[:]
	}
	signature, err := rsa.SignPKCS1v15(nil, signingKey(), hash, sum)
	if err != nil {
		panic(fmt.Sprintf("sqstest: sign an envelope: %v", err))
	}
	return base64.StdEncoding.EncodeToString(signature)
}

func sha1Sum(text string) []byte {
	digest := sha1.Sum([]byte(text))
	return digest[:]
}

// CertificatePEM is the certificate that the server's envelopes are signed with.
// It is also at the path of every envelope's SigningCertURL, on this server.
func (s *Server) CertificatePEM() []byte {
	pem, _ := s.signer.certificate()
	return pem
}

func (s *Server) serveCertificate(w http.ResponseWriter, r *http.Request) {
	s.count("certificate")
	pem, name := s.signer.certificate()
	if strings.TrimPrefix(r.URL.Path, "/") != name {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(pem)
}

// snsHost is where SNS of a topic's region is, as envelopes name it.
func snsHost(topicARN string) string {
	parts := strings.SplitN(topicARN+":::::", ":", 6)
	host := "https://sns." + or(parts[3], "us-east-1") + ".amazonaws.com"
	if parts[1] == "aws-cn" {
		host += ".cn"
	}
	return host
}
