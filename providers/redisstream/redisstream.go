// Package redisstream takes events from a stream of Redis and adds events to streams.
//
// The source is a consumer of a group. It keeps thousands of entries in flight: each
// is acknowledged by itself, when the flow says so, and what takes long is kept from
// other consumers for as long as the process lives.
package redisstream

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Source takes entries from a stream.
var Source = pipeline.DefineSource("redisstream", SourceConfig{
	Group:       "leat",
	From:        fromBeginning,
	MaxInFlight: 100_000,
	Block:       500 * time.Millisecond,
	ClaimAfter:  time.Minute,
	ReturnAfter: conf.Range{Min: time.Second, Max: time.Minute},
	Payload:     payloadField,
}, NewSource)

// labelField is the field that says what an event is.
const labelField = "leat"
