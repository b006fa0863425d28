package enrich

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// patience is how long a test waits for a server of others.
const patience = 30 * time.Second

// live is a flow of one stage that reaches servers over the network.
type live struct {
	*flowtest.Rig
	t *testing.T
	delivered,
	dead,
	trouble chan string // payloads at the sinks, and why events are tried again
}

func start(t *testing.T, settings string, env map[string]string) *live {
	t.Helper()
	l := &live{t: t, delivered: make(chan string, 1000), dead: make(chan string, 1000), trouble: make(chan string, 1000)}
	yaml := strings.ReplaceAll(flowOf(settings), "backoff: 1s", "backoff: 10ms..100ms")
	l.Rig = flowtest.Start(t, yaml, flowtest.Options{
		Catalog: pipeline.Catalog{Stages: []pipeline.StageDef{Stage}}, Env: env, Log: slog.New(l),
		Fail: func(sink string, e *pipeline.Event, _ int) error {
			raw, err := e.Bytes()
			if sink == "dead" {
				l.dead <- string(raw)
			} else {
				l.delivered <- string(raw)
			}
			return err
		},
	})
	return l
}

// next returns what comes next of a kind.
func (l *live) next(from <-chan string) string {
	l.t.Helper()
	select {
	case text := <-from:
		return text
	case <-time.After(patience):
		l.t.Fatal("nothing came")
		return ""
	}
}

// wants sends an event and waits for what becomes of it.
func (l *live) wants(code, want string) {
	l.t.Helper()
	l.Feed.Send(code, station(code))
	if got := l.next(l.delivered); got != want {
		l.t.Errorf("%s became %s, want %s", code, got, want)
	}
}

// stopsAndReturns stops the flow and wants an event back at its source.
func (l *live) stopsAndReturns(sent *flowtest.Sent) {
	l.t.Helper()
	if err := l.Stop(); err != nil {
		l.t.Error(err)
	}
	l.until("the event is back", func() bool { return sent.Returned() == 1 })
	if sent.Acked() {
		l.t.Error("the event is settled")
	}
}

// until waits for what nothing tells of.
func (l *live) until(what string, holds func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			l.t.Fatalf("not so: %s", what)
		}
	}
}

// The log tells when an event is tried again.

func (l *live) Enabled(context.Context, slog.Level) bool { return true }
func (l *live) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *live) WithGroup(string) slog.Handler            { return l }
func (l *live) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "trying again" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "error" {
				l.trouble <- a.Value.String()
			}
			return true
		})
	}
	return nil
}
