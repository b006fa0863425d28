package host

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
)

// notStarted ends what there is of a plugin, and says why it did not start in words of
// this contract rather than of the library below it.
func (h *Host) notStarted(c *connection, err error) error {
	if c.process.started() {
		c.process.await(100 * time.Millisecond) // its own end says more than that it does not answer
	}
	c.end(errGivenUp)
	c.forget()
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	if why := c.process.reason(); !errors.Is(why, errGivenUp) && !errors.Is(why, errEndedWell) {
		err = why
	}
	return pipeline.FieldError("run", "%s did not start: %s; %s", h.config.Run, h.explained(err), c.process.output.last())
}

var versions = regexp.MustCompile(`Plugin version: (\d+), Client versions: \[([\d ]+)\]`)

// explained says what the errors of go-plugin mean here.
func (h *Host) explained(err error) string {
	text := err.Error()
	if m := versions.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("it speaks version %s of the contract, and this leat version %d: build it with the other's SDK, or use another leat", m[1], proto.Version)
	}
	switch {
	case strings.Contains(text, "timeout while waiting"):
		return fmt.Sprintf("it did not start within %s", h.config.StartTimeout)
	case strings.Contains(text, "Unrecognized remote plugin message"):
		return "the first line of its standard output is not that of a plugin of leat"
	case h.config.TLS && (strings.Contains(text, "handshake") || strings.Contains(text, "tls")):
		return text + ": a plugin that is not written with the Go SDK needs tls: false"
	}
	return text
}

// Refusal is what a plugin says of its settings.
type Refusal struct{ problems []error }

func refused(list []*proto.Problem) *Refusal {
	r := &Refusal{}
	for _, p := range list {
		r.problems = append(r.problems, refusal(p.Path, p.Message))
	}
	return r
}

func (r *Refusal) Error() string { return errors.Join(r.problems...).Error() }

// Unwrap returns the problems, each of which is a [pipeline.FieldError].
func (r *Refusal) Unwrap() []error { return r.problems }

// refusal is a problem that a plugin has with its settings.
func refusal(path, message string) error {
	if path == "" {
		return pipeline.FieldError("config", "%s", message)
	}
	return pipeline.FieldError("config."+path, "%s", message)
}
