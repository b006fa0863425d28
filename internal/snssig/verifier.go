package snssig

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// Certificates is where a [Verifier] gets certificates from: a [Fetcher], or
// [Pinned].
type Certificates interface {
	// find returns the certificates at a place, without looking at their names
	// and times. Errors are *[Error].
	find(ctx context.Context, p place) ([]*Certificate, error)
}

// Pinned are certificates that the operator gives. Nothing is fetched; the rules
// for SigningCertURL hold all the same.
type Pinned []*Certificate

func (p Pinned) find(context.Context, place) ([]*Certificate, error) { return p, nil }

// Verifier tells genuine envelopes from others. Both fields are needed. It may be
// used by several goroutines at once.
type Verifier struct {
	// Topics are those whose messages are accepted.
	Topics Topics
	// Certificates is where certificates come from.
	Certificates Certificates
}

// Verify returns nil if SNS signed the envelope, of any of the three types, for
// an allowed topic. at is the time at which the certificate must be valid.
//
// The error is an *[Error]. A permanent one says that the envelope is not
// genuine, or broken; any other that this is not known because its certificate
// could not be fetched: then the message has to come again.
func (v *Verifier) Verify(ctx context.Context, e *Envelope, at time.Time) error {
	t, err := v.topicOf(e)
	if err != nil {
		return err
	}
	c, err := readClaim(e, &t)
	if err != nil {
		return err
	}
	defer c.release()
	list, err := v.Certificates.find(ctx, c.place)
	if err != nil {
		return err
	}
	return c.provenBy(list, &t, at)
}

// topicOf is everything that can be refused without looking at the signature.
func (v *Verifier) topicOf(e *Envelope) (topic, error) {
	switch {
	case e.size > MaxSize:
		return topic{}, refuse("it has %d bytes, more than an SNS envelope can have", e.size)
	case e.Type() == "":
		return topic{}, e.NotEnvelope()
	case !e.IsText("TopicArn"):
		return topic{}, missing("TopicArn")
	}
	arn := e.Text("TopicArn")
	if err := v.Topics.Allow(arn); err != nil {
		return topic{}, err
	}
	return parseTopic(arn)
}

// claim is what an envelope claims: that the key of the certificate at a place
// has signed this digest.
type claim struct {
	place     place
	hash      crypto.Hash
	digest    [sha256.Size]byte
	signature *buffer
}

// buffer is memory that claims use in turns.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 4<<10)} }}

func (b *buffer) release() {
	if cap(b.b) <= 64<<10 {
		buffers.Put(b)
	}
}

func (c *claim) release() { c.signature.release() }

// readClaim reads everything of a claim before any of it is followed, so that a
// broken envelope costs no fetch.
func readClaim(e *Envelope, t *topic) (c claim, err error) {
	url, err := e.certificateURL()
	if err != nil {
		return c, err
	}
	if c.place, err = t.certificatePlace(url); err != nil {
		return c, err
	}
	if err := c.readHash(e); err != nil {
		return c, err
	}
	buf := buffers.Get().(*buffer)
	if err := c.readDigest(e, buf); err != nil {
		buf.release()
		return c, err
	}
	c.signature = buf
	if buf.b, err = e.appendSignature(buf.b[:0]); err != nil {
		buf.release()
		return c, err
	}
	return c, nil
}

// readHash reads the SignatureVersion.
func (c *claim) readHash(e *Envelope) error {
	v, _ := e.fields.Get("SignatureVersion")
	switch {
	case rawjson.EqualText(v, "1"):
		c.hash = crypto.SHA1
	case rawjson.EqualText(v, "2"):
		c.hash = crypto.SHA256
	default:
		return refuse("its SignatureVersion is neither \"1\" nor \"2\"")
	}
	return nil
}

func (c *claim) readDigest(e *Envelope, buf *buffer) (err error) {
	if buf.b, err = e.appendSigned(buf.b[:0], e.Type()); err != nil {
		return err
	}
	if c.hash == crypto.SHA1 {
		sum := sha1.Sum(buf.b)
		copy(c.digest[:], sum[:])
		return nil
	}
	c.digest = sha256.Sum256(buf.b)
	return nil
}

// provenBy looks for a certificate whose key has signed, and returns what is
// against it, if anything.
func (c *claim) provenBy(list []*Certificate, t *topic, at time.Time) error {
	why := errForged
	for _, certificate := range list {
		if rsa.VerifyPKCS1v15(certificate.key, c.hash, c.digest[:c.hash.Size()], c.signature.b) != nil {
			continue
		}
		if why = certificate.check(t, at); why == nil {
			return nil
		}
	}
	return why
}

var errForged = refuse("its Signature does not fit: the message was changed, or SNS did not sign it")
