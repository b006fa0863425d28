package snshttp

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// judge tells which messages are accepted.
type judge struct {
	topics    snssig.Topics
	clock     pipeline.Clock
	maxAge    time.Duration     // 0: any age
	verifier  *snssig.Verifier  // nil: nothing is verified
	confirmer *snssig.Confirmer // nil: nothing is confirmed
	pinned    bool
}

// setUp makes what verifies and confirms. Nothing of it does anything before the
// first message; what it does then ends when the pipeline is closed.
func (r *receiver) setUp(env *pipeline.Env, transport http.RoundTripper) (err error) {
	j := &r.judge
	j.clock, j.maxAge, j.pinned = r.clock, r.config.MaxAge, r.config.Certificate != ""
	if j.topics, err = r.config.parseTopics(r.config.Topics); err != nil {
		return pipeline.FieldError("topics", "%w", err)
	}
	if !r.config.Verify {
		return nil
	}
	o := snssig.Options{Now: r.clock.Now, Transport: transport}
	if r.config.Endpoint != "" {
		if o.Endpoint, err = snssig.ParseEndpoint(r.config.Endpoint); err != nil {
			return pipeline.FieldError("endpoint", "%w", err)
		}
	}
	certificates, err := r.certificates(env, o)
	if err != nil {
		return err
	}
	j.verifier = &snssig.Verifier{Topics: j.topics, Certificates: certificates}
	if r.config.Confirm {
		j.confirmer = snssig.NewConfirmer(j.verifier, o)
		env.OnStart(func(context.Context) error {
			r.silence.Begin("see that SNS reaches " + r.config.Listen + r.config.Path + " from the internet")
			return nil
		})
		env.OnClose(closing(func() {
			r.silence.End()
			j.confirmer.Close()
		}))
	}
	return nil
}

func closing(f func()) func() error {
	return func() error {
		f()
		return nil
	}
}

func (r *receiver) certificates(env *pipeline.Env, o snssig.Options) (snssig.Certificates, error) {
	if r.config.Certificate != "" {
		return readPinned(r.config.Certificate, env)
	}
	f := snssig.NewFetcher(o)
	env.OnClose(closing(f.Close))
	return snssig.Patient{Certificates: f}, nil
}

// readPinned reads the certificate file.
func readPinned(path string, env *pipeline.Env) (snssig.Pinned, error) {
	env.Uses(path)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, pipeline.FieldError("certificate", "cannot be read: %w", err)
	}
	list, err := snssig.ParseCertificates(text)
	if err != nil {
		return nil, pipeline.FieldError("certificate", "%s: %w", path, err)
	}
	for _, c := range list {
		if now := env.Clock.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
			env.Warn("certificate: what is in %s is valid from %s to %s, not now", path, c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
		}
	}
	return list, nil
}

// accept returns nil for an envelope that SNS has sent for an allowed topic.
func (j *judge) accept(ctx context.Context, e *snssig.Envelope) *refusal {
	if err := j.allow(e.Text("TopicArn")); err != nil {
		return err
	}
	if j.verifier == nil {
		return nil
	}
	if err := j.verifier.Verify(ctx, e, j.clock.Now()); err != nil {
		return j.doubt(err)
	}
	return j.inTime(e)
}

// allow looks at the topic. No topics at all, which needs verify: false, allow
// each.
func (j *judge) allow(topic string) *refusal {
	if j.topics.Empty() {
		return nil
	}
	if err := j.topics.Allow(topic); err != nil {
		return foreign.because(err)
	}
	return nil
}

// doubt tells a message that is not genuine from one of which that is not known.
// A certificate that is not valid now may be due to a clock that is wrong, and a
// signature that does not fit a pinned certificate to a new one. What comes from
// an allowed topic of a region that is not known here cannot be judged at all.
func (j *judge) doubt(err error) *refusal {
	var why *snssig.Error
	switch {
	case !errors.As(err, &why), !why.Permanent, why.Outdated, why.Elsewhere:
		return unverified.because(err)
	case j.pinned && snssig.Forged(err):
		return unverified.because(err)
	}
	return forged.because(err)
}

// inTime looks at the age of a notification. A confirmation has a token that
// expires.
func (j *judge) inTime(e *snssig.Envelope) *refusal {
	if j.maxAge == 0 || e.Type() != snssig.Notification {
		return nil
	}
	sent, err := e.Sent()
	if err != nil {
		return forged.because(err)
	}
	if j.clock.Now().Sub(sent) > j.maxAge {
		return stale.because(nil)
	}
	return nil
}
