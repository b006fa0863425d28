package cli

import (
	"fmt"

	"github.com/leat-io/leat/internal/samplefeed"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// pullDouble is a queue that events are pulled from.
type pullDouble struct {
	server *tikitest.Server
}

func newPull() (double, error) {
	server, err := tikitest.Start(tikitest.Options{})
	if err != nil {
		return nil, err
	}
	server.AddQueue(sampleQueue)
	return &pullDouble{server: server}, nil
}

func (d *pullDouble) settings() string {
	return fmt.Sprintf("{queue: sample, client_id: client, client_secret: secret, base_url: %q, token_url: %q, wait: 100ms}",
		d.server.BaseURL, d.server.TokenURL)
}

func (d *pullDouble) send(m samplefeed.Message) error { return d.server.Push(sampleQueue, m.Body) }

func (d *pullDouble) drained() bool {
	state, _ := d.server.Queue(sampleQueue)
	return state.Waiting == 0
}

func (d *pullDouble) close() { d.server.Close() }
