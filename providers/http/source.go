package http

import (
	"crypto/sha256"
	"log/slog"
	"time"

	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// NewSource returns a source that listens from the moment it is subscribed to.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	if c.Token == "" && listener.Exposed(c.Listen) {
		env.Warn("listens on %s without a token: everybody who can connect may send events", c.Listen)
	}
	r := newReceiver(c, env.Clock, env.Log)
	return &pipeline.Source{Subscriber: r, Topic: c.Path, Hold: c.Timeout, Push: true, Err: r.Err}, nil
}

// readTimeout is how long a client may take to send its request.
const readTimeout = 30 * time.Second

// receiver is the Watermill subscriber of the source, with a listener of its own.
type receiver struct {
	*listener.Listener
	config SourceConfig
	token  [sha256.Size]byte
	clock  pipeline.Clock
	slots  chan struct{} // one for each request under way
}

func newReceiver(c SourceConfig, clock pipeline.Clock, log *slog.Logger) *receiver {
	r := &receiver{
		config: c, token: sha256.Sum256([]byte(c.Token)), clock: clock,
		slots: make(chan struct{}, c.MaxRequests),
	}
	r.Listener = listener.New(listener.Options{
		Source: "http", Messages: "events", Address: c.Listen, Handler: r,
		ReadTimeout: readTimeout, Timeout: c.Timeout,
		AfterFunc: pipeline.AfterFuncOf(clock),
		Log:       log, Attrs: []any{"path", c.Path},
	})
	return r
}
