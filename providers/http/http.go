// Package http takes events in over HTTP and sends events out over HTTP.
//
// Both directions keep the promise of [pipeline.Handler] on the wire: the
// source answers 204 only after everything that came out of the request is
// settled, and the sink counts an event as delivered only after a 2xx. All other
// answers mean "send it again", with two exceptions that a sender can see: what
// the source refuses with a 4xx it has not taken in, and what the receiver of the
// sink refuses with a 4xx becomes a dead letter.
package http

import (
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Source takes in events that others send with POST.
var Source = pipeline.DefineSource("http", SourceConfig{
	Listen:      "127.0.0.1:8080",
	Path:        "/",
	MaxBody:     1 << 20,
	MaxEvents:   10_000,
	MaxRequests: 1_000,
	Timeout:     30 * time.Second,
}, NewSource)

// Sink sends every event to a URL.
var Sink = pipeline.DefineSink("http", SinkConfig{
	MaxRequests: 100,
	Method:      "POST",
	Timeout:     30 * time.Second,
	BatchWait:   50 * time.Millisecond,
}, NewSink)
