package tracing

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// sending has an exporter send spans, several times if need be, and tells the log when it
// fails and when it works again. Only the queue calls it, in one goroutine.
type sending struct {
	exporter sdk.SpanExporter
	timeout  time.Duration // of a request
	log      *slog.Logger

	closing context.Context // ends when the run is over: then each batch has one attempt
	over    context.Context // ends when nothing is waited for any longer

	failing bool
	lost    int // since it has failed
}

// pauses are before further attempts.
var pauses = [...]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

func (s *sending) send(spans []sdk.ReadOnlySpan) (lost int) {
	if s.failing && s.closing.Err() != nil {
		return s.lose(spans)
	}
	for i := 0; ; i++ {
		err := s.try(spans)
		if err == nil {
			s.works()
			return 0
		}
		s.fails(err)
		if i == len(pauses) || !s.pause(pauses[i]) {
			return s.lose(spans)
		}
	}
}

func (s *sending) try(spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithTimeout(s.over, s.timeout)
	defer cancel()
	return s.exporter.ExportSpans(ctx, spans)
}

func (s *sending) lose(spans []sdk.ReadOnlySpan) int {
	s.lost += len(spans)
	return len(spans)
}

// pause is false when the run is over.
func (s *sending) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing.Done():
		return false
	}
}

func (s *sending) fails(err error) {
	if !s.failing {
		s.log.Warn("spans cannot be sent; events go on without, and spans are dropped for as long as this lasts", "error", text(withoutURL(err).Error(), longestError))
	}
	s.failing = true
}

func (s *sending) works() {
	if s.failing {
		s.log.Info("spans are sent again", "dropped", s.lost)
	}
	s.failing, s.lost = false, 0
}

// withoutURL is an error without the URL that it was about, which may hold a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
