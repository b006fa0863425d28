package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// snsVerify are the flags of leat sns verify, and what they lead to.
type snsVerify struct {
	certificate, at string
	topics          []string

	verifier *snssig.Verifier
	when     time.Time
	out      io.Writer
}

func snsVerifyCommand(t terminal) *cobra.Command {
	v := &snsVerify{out: t.out}
	c := &cobra.Command{
		Use:   "verify [FILE|-]",
		Short: "Tell whether messages are genuine",
		Long: `Reads the SNS messages in FILE (standard input if none is named, or -), one
after another, and tells of each in a line whether SNS signed it, or why it is
not genuine. The certificate that a message names is fetched from SNS over HTTPS;
with --cert nothing is fetched. Nothing is ever confirmed or unsubscribed.

A signature alone proves only that SNS sent the message for some AWS account:
name your topics with --topic.

Exit code 0 when all messages are genuine, 1 when one is not, or cannot be read
or verified, 2 for wrong usage.`,
		Example: "  leat sns verify message.json\n  leat sns verify --topic 'arn:aws:sns:*:123456789012:*' messages.jsonl",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("want one FILE, got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: anyFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			release, err := v.setUp()
			if err != nil {
				return err
			}
			defer release()
			return v.file(cmd.Context(), append(args, "-")[0], cmd.InOrStdin())
		},
	}
	c.Flags().StringVar(&v.certificate, "cert", "", "a PEM `FILE` with the certificate, instead of fetching it")
	completePath(c, "cert")
	c.Flags().StringVar(&v.at, "at", "", "the `TIME` at which the certificate must be valid, as 2026-03-31T12:00:00Z; now if not given")
	c.Flags().StringArrayVar(&v.topics, "topic", nil, "the `ARN` of a topic that is accepted, in which * stands for a part or a piece of one; may be given several times; any topic if not given")
	return c
}

// setUp reads the flags. release ends what fetches certificates.
func (v *snsVerify) setUp() (release func(), err error) {
	v.when = time.Now()
	if v.at != "" {
		if v.when, err = time.Parse(time.RFC3339, v.at); err != nil {
			return nil, usageError(fmt.Sprintf("--at %q is not a time; want one such as 2026-03-31T12:00:00Z", v.at))
		}
	}
	topics := snssig.AnyTopic()
	if len(v.topics) > 0 {
		if topics, err = snssig.ParseTopics(v.topics); err != nil {
			return nil, usageError("--topic: " + err.Error())
		}
	}
	v.verifier = &snssig.Verifier{Topics: topics}
	if v.certificate == "" {
		f := snssig.NewFetcher(snssig.Options{})
		v.verifier.Certificates = f
		return f.Close, nil
	}
	text, err := os.ReadFile(v.certificate)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	list, err := snssig.ParseCertificates(text)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s: %w", v.certificate, err)
	}
	v.verifier.Certificates = snssig.Pinned(list)
	return func() {}, nil
}

// file verifies the messages of a file.
func (v *snsVerify) file(ctx context.Context, name string, stdin io.Reader) error {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fileError(name, err)
		}
		defer f.Close()
		in = f
	}
	count, allGenuine := 0, true
	for raw, err := range messages(in) {
		if err != nil {
			return fmt.Errorf("read message %d: %w", count+1, err)
		}
		count++
		allGenuine = v.message(ctx, count, raw) && allGenuine
	}
	if count == 0 {
		return errors.New("there is no message to read")
	}
	if v.verifier.Topics.Open() {
		fmt.Fprintf(v.out, "Any %s was accepted. A signature alone proves only that SNS sent a message for some AWS account; name your topics with --topic.\n", v.open())
	}
	if !allGenuine {
		return errProblem
	}
	return nil
}

// open is what was not looked at.
func (v *snsVerify) open() string {
	if len(v.topics) > 0 {
		return "account"
	}
	return "topic"
}

// message prints what is to be said about one message.
func (v *snsVerify) message(ctx context.Context, n int, raw []byte) (ok bool) {
	var e snssig.Envelope
	err := e.Read(raw, pipeline.MaxDepth)
	if err == nil {
		err = v.verifier.Verify(ctx, &e, v.when)
	}
	if err == nil {
		fmt.Fprintf(v.out, "%d: genuine: %s %s of %s, sent %s\n", n, e.Type(), printable(e.Text("MessageId")), e.Text("TopicArn"), printable(e.Text("Timestamp")))
		return true
	}
	verdict := "not genuine"
	if !snssig.Permanent(err) {
		verdict = "not verified"
	}
	fmt.Fprintf(v.out, "%d: %s: %v%s\n", n, verdict, err, hint(&e, err))
	return false
}

// hint says what to try when only the time was wrong.
func hint(e *snssig.Envelope, err error) string {
	var why *snssig.Error
	if !errors.As(err, &why) || !why.Outdated {
		return ""
	}
	sent, err := e.Sent()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; the message is signed with it, and its Timestamp is %s: to look at it as of then, use --at %[1]s", sent.UTC().Format(time.RFC3339))
}
