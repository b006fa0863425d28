// Command eta is a plugin of leat: it estimates when a parcel is delivered, from its
// station and the time of its event.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/leat-io/leat/plugins"
)

func main() { plugins.ServeConfigured(open) }

// open is called once, with the settings.
func open(_ context.Context, config map[string]json.RawMessage) (plugins.Handler, error) {
	r, err := newRule(config)
	if err != nil {
		return nil, err
	}
	return plugins.Map(r.handle), nil
}

// handle adds eta to an event. Every other byte of a value stays as it came.
func (r *rule) handle(_ context.Context, e *plugins.Event) error {
	var fields map[string]json.RawMessage
	if err := e.JSON(&fields); err != nil || fields == nil {
		return plugins.Reject(fmt.Errorf("want a JSON object: %v", err))
	}
	if _, there := fields["eta"]; there {
		return nil
	}
	eta, known, err := r.eta(fields)
	if err != nil || !known {
		return err
	}
	fields["eta"] = json.RawMessage(fmt.Sprintf("%q", eta.Format(time.RFC3339)))
	return e.SetJSON(fields)
}
