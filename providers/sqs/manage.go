package sqs

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/pipeline"
)

// Managed is the queue of a source whose own settings are read and changed, for
// those who set up a vendor's feed. The source itself never does that.
type Managed struct {
	api
	name   string // as somebody wrote it
	ref    queueRef
	caller *awsapi.Caller
	opener *opener
}

// Manage looks for credentials and region, and asks nothing of SQS yet.
func Manage(ctx context.Context, c SourceConfig, clock pipeline.Clock, log *slog.Logger) (*Managed, error) {
	ref, err := parseQueue(c.Queue)
	if err != nil {
		return nil, err
	}
	caller, err := c.Load(ctx, ref.region, "SQS")
	if err != nil {
		return nil, err
	}
	m := &Managed{
		api: newAPI(caller, c.Protocol, log), name: c.Queue, ref: ref, caller: caller,
		opener: &opener{settings: c.Settings, protocol: c.Protocol, clock: clock, log: log},
	}
	m.at(ref.url)
	return m, nil
}

// Close gives up the connections to SQS.
func (m *Managed) Close() { m.caller.Close() }

// FIFO reports whether the queue's name is that of a FIFO queue.
func (m *Managed) FIFO() bool { return m.ref.fifo() }

// Name is the queue's name without account and region.
func (m *Managed) Name() string { return m.ref.name }

// Find returns the URL of the queue; found is false when there is no such queue. A
// queue that is given by its URL is not looked for. A service behind an endpoint of its
// own that does not know the question is taken for the queue itself.
func (m *Managed) Find(ctx context.Context) (url string, found bool, err error) {
	if url = m.ref.url; url == "" {
		url, err = m.opener.resolve(ctx, m.api, m.caller, m.ref)
	}
	if missing(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, m.refused("GetQueueUrl", err)
	}
	m.at(url)
	return url, true, nil
}

// Attributes returns the queue's own settings; found is false when there is no such
// queue.
func (m *Managed) Attributes(ctx context.Context) (settings map[string]string, found bool, err error) {
	if _, found, err = m.Find(ctx); err != nil || !found {
		return nil, false, err
	}
	err = m.ask(ctx, "GetQueueAttributes", func(ctx context.Context) (err error) {
		settings, err = m.attributes(ctx)
		return err
	})
	if missing(err) {
		return nil, false, nil
	}
	return settings, err == nil, err
}

// Set changes one of the queue's own settings.
func (m *Managed) Set(ctx context.Context, name, value string) error {
	return m.ask(ctx, "SetQueueAttributes", func(ctx context.Context) error {
		return m.set(ctx, map[string]string{name: value})
	})
}

// Creatable reports whether Create makes the queue that is meant: that of a URL, or of an
// ARN with an account, may belong to somebody else than the credentials.
func (m *Managed) Creatable() bool {
	return m.ref.name != "" && m.ref.url == "" && m.ref.account == ""
}

// Create makes a queue of that name with SQS's own settings, in the account of the
// credentials, whatever account was named, see [Managed.Creatable]. It does nothing where
// there is one already.
func (m *Managed) Create(ctx context.Context) error {
	return m.ask(ctx, "CreateQueue", func(ctx context.Context) error {
		url, err := m.create(ctx, m.ref.name, nil)
		m.at(url)
		return err
	})
}

// Peek asks for one message without waiting and without hiding it from others, as
// far as the service heeds that; to the queue, it counts as received. any reports
// whether there was one.
func (m *Managed) Peek(ctx context.Context) (any bool, err error) {
	err = m.ask(ctx, "ReceiveMessage", func(ctx context.Context) error {
		got, err := m.receive(ctx, receiveCall{peek: true})
		any = len(got) > 0
		return err
	})
	return any, err
}

// ask calls until there is an answer. Errors say of which call a refusal is and what to
// do about it.
func (m *Managed) ask(ctx context.Context, action string, call func(context.Context) error) error {
	if err := m.opener.patiently(ctx, call); err != nil {
		return m.refused(action, err)
	}
	return nil
}

func (m *Managed) refused(action string, err error) error {
	return fmt.Errorf("queue %q: %s: %w", m.name, action, explained(err))
}
