package snsunwrap

import (
	"errors"

	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// Config is the snsunwrap stage's part of pipeline.yaml.
//
// A Notification becomes its Message. One that is not genuine, or of a topic that
// is not allowed, goes to the dead letters. When its certificate cannot be fetched
// because SNS does not answer, it is tried again.
//
// Messages of SNS about subscriptions neither go on nor become dead letters: their
// token and URLs are secrets. They count as dropped and are logged without those;
// the counter confirmed has the subscriptions that were confirmed, the counter
// confirmations_refused those that were not, though asked to.
//
// Whether a message is fresh is not looked at: one in a queue may be days old. Its
// certificate must be valid when it is verified.
type Config struct {
	// Verify has the signature of every message checked. It needs topics. Without
	// it, whoever can write to the source can pass for SNS.
	Verify bool `yaml:"verify"`
	// Topics are the ARNs of the topics whose messages are accepted; * stands for
	// a part of an ARN or a piece of it: arn:aws:sns:eu-west-1:123456789012:*. A
	// signature alone proves only that SNS sent a message for some AWS account;
	// the topic says for whose. Without verify and topics, all are accepted.
	Topics []string `yaml:"topics"`
	// Confirm has subscriptions confirmed when SNS asks for it, if the message
	// is verified and its topic is one of topics. Otherwise they have to be
	// confirmed elsewhere, as in the SNS console.
	Confirm bool `yaml:"confirm"`
	// Certificate is the path of a PEM file with the certificate of SNS, and maybe
	// the one that will follow. Without it, certificates are fetched from SNS over
	// HTTPS, directly and not through a proxy, and kept.
	Certificate string `yaml:"certificate"`
	// Endpoint is where SNS is reached instead of the hosts named in messages:
	// scheme and host of a local double, a relay or a VPC endpoint. The URLs in
	// messages must lead to SNS all the same. Without it, those hosts must have
	// public addresses.
	Endpoint string `yaml:"endpoint"`
	// Raw lets payloads pass unchanged that are no envelopes of SNS, as raw
	// message delivery brings them. They have no signature and no topic, so that
	// it cannot be combined with verify.
	Raw bool `yaml:"raw"`
	// MaxDepth is how deep the envelope may be nested. What is in its Message
	// does not count.
	MaxDepth int `yaml:"max_depth"`
}

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	errs := c.combinations()
	if c.MaxDepth < 2 {
		errs = append(errs, pipeline.FieldError("max_depth", "must be at least 2"))
	}
	for _, arn := range c.Topics {
		if _, err := c.parseTopics([]string{arn}); err != nil {
			errs = append(errs, pipeline.FieldError("topics", "%w", err))
		}
	}
	if c.Endpoint != "" {
		if _, err := snssig.ParseEndpoint(c.Endpoint); err != nil {
			errs = append(errs, pipeline.FieldError("endpoint", "%w", err))
		}
	}
	return errors.Join(errs...)
}

// parseTopics reads topics. Without verify they may be of regions that nobody knows
// the hosts of.
func (c Config) parseTopics(arns []string) (snssig.Topics, error) {
	if c.Verify {
		return snssig.ParseTopics(arns)
	}
	return snssig.ParsePatterns(arns)
}

// combinations reports settings that do not fit each other.
func (c Config) combinations() (errs []error) {
	say := func(wrong bool, field, text string) {
		if wrong {
			errs = append(errs, pipeline.FieldError(field, "%s", text))
		}
	}
	say(c.Verify && len(c.Topics) == 0, "topics", `a signature proves only that SNS sent a message for some AWS account: name your topics, as in topics: ["arn:aws:sns:eu-west-1:123456789012:parcels"], or write verify: false if only trusted senders can write to the source`)
	say(c.Verify && c.Raw, "raw", "raw payloads have no signature, so that anybody's would pass beside the verified ones: leave raw out, or write verify: false if only trusted senders can write to the source")
	say(!c.Verify && c.Confirm, "confirm", "only verified messages are confirmed: leave out verify: false")
	say(!c.Verify && c.Certificate != "", "certificate", "nothing is verified with it: leave out verify: false")
	return errs
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{SetsID: true, Local: !c.Verify, Remote: c.Verify || c.Confirm}
}

// Peek returns what will be the metadata of a message, nil if it cannot be read. Nobody has
// verified it, as its attributes never are.
func (c Config) Peek(e *pipeline.Event) pipeline.MetaSource {
	raw, err := e.Bytes()
	if err != nil {
		return nil
	}
	env := &snssig.Envelope{}
	if env.Read(raw, c.MaxDepth) != nil {
		return nil
	}
	return snssig.Metadata{Envelope: env}
}
