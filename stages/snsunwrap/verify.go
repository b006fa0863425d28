package snsunwrap

import (
	"context"
	"os"
	"time"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// setUp makes what verifies and confirms. Nothing of it does anything before the
// first event; what it does then ends when the pipeline is closed.
func (s *stage) setUp(env *pipeline.Env) error {
	if s.topics.Open() {
		env.Warn("topics: with * for the account, whoever has an AWS account can send messages that pass: name the account")
	}
	o := snssig.Options{Now: s.clock.Now, Waiting: pipeline.Yield}
	if s.config.Endpoint != "" {
		var err error
		if o.Endpoint, err = snssig.ParseEndpoint(s.config.Endpoint); err != nil {
			return pipeline.FieldError("endpoint", "%w", err)
		}
	}
	certificates, err := s.certificates(env, o)
	if err != nil {
		return err
	}
	s.verifier = &snssig.Verifier{Topics: s.topics, Certificates: certificates}
	if s.config.Confirm {
		s.confirmer = snssig.NewConfirmer(s.verifier, o)
		env.OnStart(func(context.Context) error {
			s.silence.Begin("see that the policy of the queue lets the topic send to it")
			return nil
		})
		env.OnClose(func() error {
			s.silence.End()
			s.confirmer.Close()
			return nil
		})
	}
	return nil
}

func (s *stage) certificates(env *pipeline.Env, o snssig.Options) (snssig.Certificates, error) {
	if s.config.Certificate != "" {
		return s.pinned(env)
	}
	f := snssig.NewFetcher(o)
	env.OnClose(func() error {
		f.Close()
		return nil
	})
	return f, nil
}

// pinned reads the certificate file.
func (s *stage) pinned(env *pipeline.Env) (snssig.Pinned, error) {
	env.Uses(s.config.Certificate)
	text, err := os.ReadFile(s.config.Certificate)
	if err != nil {
		return nil, pipeline.FieldError("certificate", "cannot be read: %w", err)
	}
	list, err := snssig.ParseCertificates(text)
	if err != nil {
		return nil, pipeline.FieldError("certificate", "%s: %w", s.config.Certificate, err)
	}
	for _, c := range list {
		if now := s.clock.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
			env.Warn("certificate: what is in %s is valid from %s to %s, not now", s.config.Certificate, c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
		}
	}
	return list, nil
}
