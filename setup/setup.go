// Package setup makes at a vendor, and at AWS, what a flow needs to get its feed:
// rights on a queue, destinations, subscriptions. `leat setup FLOW` reads what is
// there and prints what is missing; with --apply it makes that.
//
// A provider declares with [Define] what is needed for its preset:
//
//	var Setup = setup.Define("acme", Config{Test: true}, plan)
//
// plan only reads. It returns a [Plan], whose steps make things when they are
// applied. What somebody has to do by hand is in the plan too, as text to send.
package setup

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// Def declares how the feed of a preset is set up, see [Define].
type Def struct {
	// Preset is the name in a flow's `from`.
	Preset string
	// Defaults is a value of the settings struct.
	Defaults any

	plan func(ctx context.Context, n *conf.Node, env *Env, p *conf.Problems) (*Plan, error)
}

// Define declares how the feed of a preset is set up. Its settings, the `setup:` of a
// flow, are the fields of C that carry a yaml tag; a method Validate() error on C
// checks what one field cannot. [pipeline.FieldError] gives an error of plan, too, its
// place in the file.
//
// plan finds out what is missing and must change nothing anywhere. Its error says why
// no plan can be made.
func Define[C any](preset string, defaults C, plan func(ctx context.Context, c C, env *Env) (*Plan, error)) Def {
	return Def{preset, defaults, func(ctx context.Context, n *conf.Node, env *Env, p *conf.Problems) (*Plan, error) {
		c := defaults
		if !conf.Decode(n, &c, p) {
			return nil, p.Err()
		}
		made, err := plan(ctx, c, env)
		if err != nil {
			p.Invalid(n, err)
			return nil, p.Err()
		}
		return made, nil
	}}
}

// Env is what a plan is made with.
type Env struct {
	// Flow is the flow's name.
	Flow string
	// Source are the settings of the flow's source, such as an sqs.SourceConfig.
	Source any
	// Parameters are the values of the preset's parameters, given or by default.
	Parameters map[string][]string
	Clock      pipeline.Clock
	Log        *slog.Logger
	// Client makes clients for the vendor's API. They follow no redirects, which
	// would take credentials elsewhere.
	Client func() *http.Client
}

// requestTimeout is how long a request to a vendor's API may take.
const requestTimeout = 30 * time.Second

// NewClient makes a client over the network for [Env.Client].
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       requestTimeout,
		Transport:     webcall.NewTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Plan reads what is there and says what is missing. n is the flow's `setup:`, an
// empty map where it has none; the error holds the problems of p with their places.
func (d Def) Plan(ctx context.Context, n *conf.Node, env *Env, p *conf.Problems) (*Plan, error) {
	return d.plan(ctx, n, env, p)
}
