package pipeline

import "time"

// ailment says what is wrong with a part, for [Pipeline.Health].
type ailment struct {
	kind, part string
	ask        func() (text string, since time.Time)
}

// OnHealth has f called whenever somebody asks how the pipeline is. It returns what is
// wrong with the part and since when, "" if nothing is. It is called from any goroutine,
// also before the start and after the end, and must not wait for anything.
func (env *Env) OnHealth(f func() (text string, since time.Time)) {
	kind := env.kind
	if kind == "" {
		kind = "stage"
	}
	a := ailment{kind, env.Name, f}
	if env.part != nil {
		env.part.ailments = append(env.part.ailments, a)
	} else {
		env.flow.ailments = append(env.flow.ailments, a)
	}
}
