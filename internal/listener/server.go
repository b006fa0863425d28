package listener

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Limits for clients that are slow or send too much before there is a body.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
	// answerTime is left for an answer after all that it waits for.
	answerTime = 10 * time.Second
)

func serverFor(o Options) *http.Server {
	return &http.Server{
		Handler:           o.Handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.ReadTimeout + o.Timeout + answerTime,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
}

func (l *Listener) serve(on net.Listener) {
	serve := l.Server.Serve
	if l.Server.TLSConfig != nil {
		serve = func(on net.Listener) error { return l.Server.ServeTLS(on, "", "") }
	}
	if err := serve(on); !errors.Is(err, http.ErrServerClosed) {
		l.stop(l.failed(err))
	}
}
