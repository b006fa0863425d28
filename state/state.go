// Package state lists the stores that remember, beyond a single event, what was
// delivered.
package state

import (
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/state/embedded"
	"github.com/leat-io/leat/state/memory"
	"github.com/leat-io/leat/state/redis"
)

// All returns the stores that can be named under `state:`. The first is the one
// a pipeline gets that names none.
func All() []pipeline.StateDef {
	return []pipeline.StateDef{
		embedded.State,
		memory.State,
		redis.State,
	}
}
