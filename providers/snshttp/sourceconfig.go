package snshttp

import (
	"errors"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/internal/snssig"
	"github.com/leat-io/leat/pipeline"
)

// SourceConfig are the settings of the snshttp source.
//
// What they do to messages is in the comment of the package.
type SourceConfig struct {
	// Listen is the address to listen on. Without a host, as in ":8080", only
	// this machine can connect, such as a proxy on it; write "0.0.0.0:8080" or
	// "[::]:8080" for all interfaces. Port 0 takes any free port, which is logged.
	Listen string `yaml:"listen,short"`
	// Path is the only path that takes messages; all others are answered with 404.
	Path string `yaml:"path"`
	// TLS has the source speak HTTPS. Without it, it speaks HTTP, which is for
	// behind a proxy that speaks HTTPS.
	TLS TLS `yaml:"tls"`
	// Username is what is in the endpoint's URL that is subscribed to the topic:
	// https://username:password@host/path. Without both, everybody who can
	// connect can send messages, of which verify lets the genuine ones pass.
	Username string `yaml:"username"`
	// Password belongs to the username.
	Password conf.Secret `yaml:"password"`
	// Topics are the ARNs of the topics whose messages are accepted; * stands for
	// a part of an ARN or a piece of it: arn:aws:sns:eu-west-1:123456789012:*.
	// Verify needs them: a signature alone proves only that SNS sent a message for
	// some AWS account; the topic says for whose. Nothing is asked of SNS for a
	// message of another topic.
	Topics []string `yaml:"topics"`
	// Verify has the signature of every message checked. Without it, whoever can
	// connect, and knows the password if there is one, can pass for SNS.
	Verify bool `yaml:"verify"`
	// Confirm has subscriptions confirmed when SNS asks for it, if the message is
	// verified. Until its subscription is confirmed, an endpoint gets nothing.
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
	// MaxAge is how old the Timestamp of a notification may be; older ones are
	// refused for good. It keeps somebody who has got hold of a genuine message
	// from sending it again when dedupe has forgotten it. A message that SNS
	// sends again keeps its Timestamp: leave room for the delivery policy, at most
	// an hour, and for a clock that is wrong. 0s: any age.
	MaxAge time.Duration `yaml:"max_age"`
	// Unwrap has the payload be the Message. Without it, it is the whole envelope
	// as it came in, for snsunwrap with verify: false, say.
	Unwrap bool `yaml:"unwrap"`
	// Raw accepts what a subscription with raw message delivery sends: the Message
	// alone, without a signature and without attributes. Its topic and id are
	// those in the headers. It needs a username and password, or verify: false.
	// Without it, raw deliveries are answered with 503.
	Raw bool `yaml:"raw"`
	// MaxRequests is how many requests are worked on at the same time. More are
	// answered with 503 at once. Each takes some times the memory of its body, of
	// which 2MiB are read at most.
	MaxRequests int `yaml:"max_requests"`
	// Timeout is how long a request takes at most, until its event is settled. A
	// stage cannot hold an event for longer. When it is over, the answer is 503;
	// the flow goes on with the event, so that the one SNS sends again is a
	// duplicate for dedupe. SNS itself waits 15s.
	Timeout time.Duration `yaml:"timeout"`
}

// senderWaits is how long SNS waits for an answer.
const senderWaits = 15 * time.Second

// Validate reports settings that cannot work.
func (c SourceConfig) Validate() error {
	errs := []error{c.checkTopics(), c.checkEndpoint()}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	_, err := listener.Address(c.Listen)
	need(err == nil, "listen", `want host:port, as in "127.0.0.1:8080" or ":8080"`)
	need(strings.HasPrefix(c.Path, "/") && !strings.ContainsAny(c.Path, "?#"), "path", `want a path such as "/sns"`)
	need(c.Username == "" || c.Password != "", "password", "a username alone keeps nobody out: give it a password")
	need(c.Username != "" || c.Password == "", "username", "a password needs a username beside it")
	need(!strings.Contains(c.Username, ":"), "username", "must not have a colon in it, which ends the username in a URL")
	need(c.MaxAge == 0 || c.MaxAge >= minAge, "max_age", "must be 0s or at least 2m: SNS sends what was answered with 503 again for more than a minute")
	need(c.MaxRequests >= 1, "max_requests", "must be at least 1")
	need(c.Timeout > 0, "timeout", "must be longer than 0s")
	return errors.Join(append(errs, c.combinations()...)...)
}

const minAge = 2 * time.Minute

// combinations reports settings that do not fit each other.
func (c SourceConfig) combinations() (errs []error) {
	say := func(wrong bool, field, text string) {
		if wrong {
			errs = append(errs, pipeline.FieldError(field, "%s", text))
		}
	}
	say(c.Verify && len(c.Topics) == 0, "topics", `a signature proves only that SNS sent a message for some AWS account: name your topics, as in topics: ["arn:aws:sns:eu-west-1:123456789012:parcels"], or write verify: false if only trusted senders can connect`)
	say(c.Raw && c.Verify && c.Username == "", "raw", "raw deliveries have no signature, so that anybody's would pass beside the verified ones: set username and password, or write verify: false if only trusted senders can connect")
	say(!c.Verify && c.Confirm, "confirm", "only verified messages are confirmed: leave out verify: false, or write confirm: false and confirm the subscription elsewhere")
	say(!c.Verify && c.Certificate != "", "certificate", "nothing is verified with it: leave out verify: false")
	say(!c.Verify && c.MaxAge != 0, "max_age", "a Timestamp that is not verified says nothing: leave out verify: false")
	return errs
}

func (c SourceConfig) checkTopics() error {
	var errs []error
	for _, arn := range c.Topics {
		if _, err := c.parseTopics([]string{arn}); err != nil {
			errs = append(errs, pipeline.FieldError("topics", "%w", err))
		}
	}
	return errors.Join(errs...)
}

// parseTopics reads topics. Without verify they may be of regions that nobody knows
// the hosts of.
func (c SourceConfig) parseTopics(arns []string) (snssig.Topics, error) {
	if c.Verify {
		return snssig.ParseTopics(arns)
	}
	return snssig.ParsePatterns(arns)
}

func (c SourceConfig) checkEndpoint() error {
	if c.Endpoint == "" {
		return nil
	}
	if _, err := snssig.ParseEndpoint(c.Endpoint); err != nil {
		return pipeline.FieldError("endpoint", "%w", err)
	}
	return nil
}

// warn reports what works and will hurt.
func (c SourceConfig) warn(env *pipeline.Env) {
	if !c.Verify && c.Password == "" && listener.Exposed(c.Listen) {
		env.Warn("listens on %s without verify and without a password: everybody who can connect may send events", c.Listen)
	}
	if c.Password != "" && !c.TLS.on() && listener.Exposed(c.Listen) {
		env.Warn("listens on %s without tls: the password can be read on its way here", c.Listen)
	}
	if c.Timeout >= senderWaits {
		env.Warn("timeout: SNS waits 15s for an answer; it sends again what takes longer, though it was settled")
	}
	if topics, err := c.parseTopics(c.Topics); err == nil && topics.Open() && c.Verify {
		env.Warn("topics: with * for the account, whoever has an AWS account can send messages that pass: name the account")
	}
}
