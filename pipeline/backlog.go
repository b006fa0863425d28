package pipeline

import (
	"context"
	"sync"
	"time"
)

// Backlog is what waits in a source. What is not known is below 0.
type Backlog struct {
	// Waiting is how many messages nobody has taken yet, as far as the source can tell.
	Waiting int64
	// Taken is how many messages were taken and are not settled, by all of its consumers.
	Taken int64
	// Delayed is how many messages may not be taken yet.
	Delayed int64
	// Age is how old the message was that came last, when it came.
	Age time.Duration
}

// SourceBacklog is the backlog of a source, or why it is not known.
type SourceBacklog struct {
	Owner
	Backlog
	Err error
}

// Backlogs asks the sources that can tell what waits in them, all at the same time. It
// returns when all have answered; they may be asked before the start and after the end
// too, and fail then.
func (p *Pipeline) Backlogs(ctx context.Context) (list []SourceBacklog) {
	var asks []func(context.Context) (Backlog, error)
	for _, f := range p.flows {
		for _, s := range f.sources {
			if s.Backlog != nil {
				list = append(list, SourceBacklog{Owner: Owner{Kind: KindSource, Flow: f.name, Part: s.name}})
				asks = append(asks, s.Backlog)
			}
		}
	}
	var all sync.WaitGroup
	for i, ask := range asks {
		all.Go(func() { list[i].Backlog, list[i].Err = ask(ctx) })
	}
	all.Wait()
	return list
}
