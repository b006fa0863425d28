// Command plugin passes events as they are: what is left is what a plugin costs.
package main

import (
	"context"

	"github.com/leat-io/leat/plugins"
)

func main() {
	plugins.Serve(func(_ context.Context, e *plugins.Event) ([]*plugins.Event, error) {
		return []*plugins.Event{e}, nil
	})
}
