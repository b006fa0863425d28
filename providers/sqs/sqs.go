// Package sqs takes events from an SQS queue and sends events to SQS queues, on
// AWS and on services that speak its protocols.
//
// The source keeps thousands of messages in flight: each is deleted, kept
// invisible or handed back by itself, when the flow says so, and requests are
// shared by up to ten of them.
package sqs

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Source takes messages from a queue.
var Source = pipeline.DefineSource("sqs", SourceConfig{
	Protocol:    protocolAuto,
	Wait:        maxWait,
	Extend:      true,
	MaxInFlight: 100_000,
	MaxPollers:  32,
	ReturnAfter: conf.Range{Min: time.Second, Max: 15 * time.Minute},
	Retention:   96 * time.Hour, // unless the queue was told otherwise
}, NewSource)
