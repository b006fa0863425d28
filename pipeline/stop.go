package pipeline

import (
	"context"
	"fmt"
	"time"
)

const (
	// killGrace is how long events get to end after their contexts were cancelled.
	killGrace = 3 * time.Second
	// closeGrace is how long a source gets to close.
	closeGrace = 10 * time.Second
)

// await waits until the gate's messages are settled. After the stop timeout it
// cancels their contexts and says where they were; what does not even end then
// is left behind.
func (g *gate) await() error {
	f := g.flow
	if !Sleep(context.Background(), f.clock, f.pipeline.stopTimeout, g.done) {
		return nil
	}
	where := f.lanes.where(f.pipeline)
	f.kill()
	Sleep(context.Background(), f.clock, killGrace, g.done)
	return fmt.Errorf("flow %s did not stop within %s: %s", f.name, short(f.pipeline.stopTimeout), where)
}

// stop asks held events of all linked flows back and ends all waiting for
// another attempt.
func (g *numbering) stop() {
	for _, f := range g.flows {
		f.stop()
	}
}

// stop is [numbering.stop] for one flow.
func (f *flow) stop() { f.stopOnce.Do(func() { close(f.stopping) }) }
