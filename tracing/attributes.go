package tracing

import (
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/leat-io/leat/pipeline"
)

// Names of attributes. docs/observing.md says what they mean.
const (
	attrFlow      = attribute.Key("leat.flow")
	attrSource    = attribute.Key("leat.source")
	attrStage     = attribute.Key("leat.stage")
	attrSink      = attribute.Key("leat.sink")
	attrType      = attribute.Key("leat.type")
	attrID        = attribute.Key("leat.event.id")
	attrKey       = attribute.Key("leat.event.key")
	attrEventType = attribute.Key("leat.event.type")
	attrOutcome   = attribute.Key("leat.outcome")
	attrDroppedBy = attribute.Key("leat.dropped_by")
	attrAttempts  = attribute.Key("leat.attempts")
	attrReplayed  = attribute.Key("leat.replayed")
	attrError     = attribute.Key("exception.message")
)

// Lengths of what comes from events, in bytes.
const (
	longestName  = 512
	longestError = 2048
)

func attributesOf(at *pipeline.Leg) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 7)
	all = append(all, attrFlow.String(at.Flow))
	if at.Name != "" {
		all = append(all, ownerOf(at.Kind).String(at.Name))
	}
	if at.Type != "" {
		all = append(all, attrType.String(at.Type))
	}
	if at.Letter != nil {
		all = append(all, attrReplayed.Bool(true))
	}
	return append(all, identity(at.Event)...)
}

func ownerOf(k pipeline.LegKind) attribute.Key {
	switch k {
	case pipeline.LegEvent:
		return attrSource
	case pipeline.LegSink:
		return attrSink
	}
	return attrStage
}

// identity is what tells an event from others, as far as it is known.
func identity(e *pipeline.Event) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 3)
	for _, a := range [...]struct {
		key  attribute.Key
		text string
	}{{attrID, e.ID}, {attrKey, e.Key}, {attrEventType, e.Type}} {
		if a.text != "" {
			all = append(all, a.key.String(text(a.text, longestName)))
		}
	}
	return all
}

// text is text of somebody else's that fits into a span: one that is not UTF-8 would keep
// all spans of its request from being sent.
func text(s string, most int) string {
	if len(s) > most {
		s = s[:most]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if len(s) > 0 && s[len(s)-1] >= utf8.RuneSelf {
			s = s[:len(s)-1] // the beginning of a rune that was cut
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
