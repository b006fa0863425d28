package host

import (
	"context"
	"slices"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/wire"
)

// appendMeta appends the metadata of an event to its body.
func (h *Host) appendMeta(ctx context.Context, body []byte, e *pipeline.Event) []byte {
	if h.options.Carrier != nil {
		return h.appendTraced(ctx, body, e)
	}
	for key, value := range e.AllMeta() {
		body = wire.AppendMeta(body, valid(key), valid(value))
	}
	return body
}

// appendTraced adds in which trace the plugin is to go on, in place of what the event came
// with under these names. An event that would become too large by that goes without.
func (h *Host) appendTraced(ctx context.Context, body []byte, e *pipeline.Event) []byte {
	var names []string
	var trace []byte
	h.options.Carrier(ctx, func(name, value string) {
		names = append(names, name)
		trace = wire.AppendMeta(trace, name, valid(value))
	})
	for key, value := range e.AllMeta() {
		if !slices.Contains(names, key) {
			body = wire.AppendMeta(body, valid(key), valid(value))
		}
	}
	if len(body)+len(trace)+wire.AroundEvent > int(h.config.MaxMessage) {
		return body
	}
	return append(body, trace...)
}
