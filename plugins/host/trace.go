package host

import (
	"context"
	"slices"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/wire"
)

// fill makes the body of an event, in a buffer that is to be released.
func (h *Host) fill(ctx context.Context, c *call, e *pipeline.Event) error {
	if h.options.Carrier == nil {
		return c.fill(e)
	}
	if err := c.begin(e); err != nil {
		return err
	}
	h.addTraced(ctx, c, e)
	return nil
}

// addTraced adds the metadata of an event, and in which trace the plugin is to go on, in
// place of what the event came with under these names. An event that would become too
// large by that goes without.
func (h *Host) addTraced(ctx context.Context, c *call, e *pipeline.Event) {
	var names []string
	var trace []byte
	h.options.Carrier(ctx, func(name, value string) {
		names = append(names, name)
		trace = wire.AppendMeta(trace, name, valid(value))
	})
	for key, value := range e.AllMeta() {
		if !slices.Contains(names, key) {
			c.addMeta(key, value)
		}
	}
	if h.fits(len(c.body) + len(trace)) {
		c.body = append(c.body, trace...)
	}
}

// fits reports whether a body of so many bytes can be sent.
func (h *Host) fits(body int) bool { return body+wire.AroundEvent <= int(h.config.MaxMessage) }
