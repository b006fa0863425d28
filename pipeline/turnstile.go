package pipeline

import (
	"context"
	"time"
)

// Turnstiles is implemented by states that replicas share, and that can keep the events
// of a key in order across them.
type Turnstiles interface {
	// Turnstile returns the one of a stage. Nothing happens before its Open.
	Turnstile(space string, o TurnstileOptions) Turnstile
}

// TurnstileOptions say how a stage orders.
type TurnstileOptions struct {
	// Window is how long an event waits for earlier ones of its key.
	Window time.Duration
	// MaxAhead is how far in the future the time of an event may lie.
	MaxAhead time.Duration
	// Grace is how long the event of a process that died is waited for, so that it can
	// come again, before later ones of its key go.
	Grace time.Duration
}

// Turnstile lets the events of a key go one at a time, in the order of their times,
// whichever replica holds them. The events themselves stay where they are: what the
// replicas share is who is next.
type Turnstile interface {
	// Open joins the other replicas.
	Open(ctx context.Context) error
	// Enter puts an event in line. An error means that it does not stand there.
	Enter(ctx context.Context, e Entrant) (Place, error)
	// Close leaves. What still stands in line is left to others.
	Close() error
}

// Entrant is an event that gets in line.
type Entrant struct {
	*Event
	// Go is called when its turn comes, just before [Place.Await] returns. It must not
	// wait for anything.
	Go func()
}

// Place is that of an event in line.
type Place interface {
	// Await waits for the event's turn. When ctx ends or giveBack closes before it has
	// come, the event leaves the line and the error is that of ctx, or [ErrReturned].
	Await(ctx context.Context, giveBack <-chan struct{}) (Turn, error)
	// Done gives the turn on, and returns when all replicas know. While the store is
	// away it tries again, until the flow stops.
	Done(ctx context.Context, o TurnOutcome)
}

// Turn is what is to be known of an event that may go.
type Turn struct {
	// Order is higher than that of every event of the key before it, whichever replica
	// it went through.
	Order int64
	// Late is by how much the event is earlier than the last one of its key that has
	// gone; 0: it is not.
	Late time.Duration
	// Gap: the event of the key before it did not arrive.
	Gap bool
	// Unordered: it went in its place of arrival, for its time was of no use; or the
	// store has lost its memory a short while ago, and what went before is not known.
	Unordered bool
	// Overtaken: one that was received after it has gone before.
	Overtaken bool
	// Doubtful: since the event got in line this process was taken for dead, or the
	// store lost its memory. Others may have the event too: see [StillClaimed].
	Doubtful bool
}

// TurnOutcome is what became of an event that had its turn.
type TurnOutcome string

const (
	TurnSettled TurnOutcome = "settled"
	TurnDead    TurnOutcome = "dead"    // among the dead letters: the next one has a gap before it
	TurnDropped TurnOutcome = "dropped" // its time counts for nobody
	TurnBack    TurnOutcome = "back"    // it goes back to its source, and is waited for
)
