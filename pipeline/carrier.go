package pipeline

import "context"

// Carrier has what goes out with an event say to which trace it belongs. Nil says nothing:
// that is what a part gets while nobody traces.
type Carrier func(ctx context.Context, set func(name, value string))

// Carrier returns what a sink or plugin calls to learn what has to be sent with an event,
// with the context that it got with the event.
func (env *Env) Carrier() Carrier {
	if t := env.pipeline.tracer; t != nil {
		return t.Carry
	}
	return nil
}
