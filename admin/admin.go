// Package admin lets a pipeline be looked at and acted on while it runs, over HTTP: its
// health, an API, and a page that draws the flows with what goes through them.
//
// Nothing listens unless it is asked to. A program that embeds leat calls [New] with its
// pipeline and either has it listen or mounts its handler.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// Options are what there is to look at. Only Pipeline has to be set.
type Options struct {
	// Config says where it listens, and the token that callers have to show. The zero
	// value is [pipeline.AdminAddress], for this machine only and without a token.
	Config pipeline.AdminConfig
	// Pipeline returns the pipeline that runs now, nil while there is none. It is called
	// for every request, so that one may take the place of another.
	Pipeline func() *pipeline.Pipeline
	// Expand returns the file that the pipeline was made of, as [pipeline.Expand] does;
	// nil: it is not shown.
	Expand func() ([]byte, *pipeline.Report)
	// Reloader has the file read again; nil: it cannot be.
	Reloader Reloader
	// Metrics answers /metrics; nil: there are none.
	Metrics http.Handler
	// Version is that of the program, for people.
	Version string
	// Log gets what operators should know; nil: nothing is logged.
	Log *slog.Logger
}

// Server answers the requests.
type Server struct {
	o       Options
	began   time.Time
	handler http.Handler
	places  chan struct{} // for requests that are answered at the same time

	closing context.Context // ends with Close, and with it a replay
	close   context.CancelFunc

	reading sync.Mutex // the letters are read by one request at a time

	mu       sync.Mutex
	job      *deadletters.Job // the last replay
	reload   *ReloadStatus    // the last one that was asked for here
	server   *http.Server
	listener net.Listener
}

// New prepares a server; nothing listens yet. The error says what is wrong with the
// config, such as an address that others reach without a token.
func New(o Options) (*Server, error) {
	if err := o.Config.Validate(); err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	if o.Pipeline == nil {
		return nil, errors.New("admin: there is no pipeline to look at")
	}
	if o.Config.Listen == "" {
		o.Config.Listen = pipeline.AdminAddress
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, began: time.Now(), places: make(chan struct{}, mostRequests)}
	s.closing, s.close = context.WithCancel(context.Background())
	s.handler = s.guarded(s.mux())
	return s, nil
}

// Handler answers the requests, for a server of the caller's. It checks the token, the
// host and where requests come from as the listener does.
func (s *Server) Handler() http.Handler { return s.handler }

// Limits for clients that are slow or send too much.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
	maxBody        = 1 << 20
	mostRequests   = 64
)

// Listen begins to listen. Call [Server.Close] at the end.
func (s *Server) Listen(ctx context.Context) error {
	address, err := listener.Address(s.o.Config.Listen)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
	}
	s.mu.Lock()
	s.listener, s.server = l, server
	s.mu.Unlock()
	s.o.Log.Info("admin listens", "address", l.Addr().String())
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.o.Log.Error("admin listens no longer; the flows go on", "error", err)
		}
	}()
	return nil
}

// Addr is where it listens, nil before it does.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// closeGrace is how long requests have that are being answered.
const closeGrace = time.Second

// Close ends a replay that is at work, whose letters stay unless they are settled, and
// then the listener.
func (s *Server) Close() error {
	s.close()
	s.mu.Lock()
	server, job := s.server, s.job
	s.mu.Unlock()
	if job != nil {
		job.Stop()
	}
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		return server.Close()
	}
	return nil
}
