package pipeline

import (
	"context"
	"crypto/sha256"
	"time"
)

// State remembers, beyond a single event, what was delivered and how far each
// key has come. Calls of concurrent events are put together into one round trip
// by the store, never by its callers.
type State interface {
	// Claims returns the dedupe memory of one stage.
	Claims(space string) Claims
	// Times returns the last released times of one stage's keys.
	Times(space string) Times
}

// Forgetful is implemented by a State that knows nothing any longer once its process has
// ended.
type Forgetful interface {
	State
	// Forgetful does nothing.
	Forgetful()
}

// Claims is the memory of dedupe. Copies of an event that are in progress in
// this process are kept apart by the stage itself; a store sees one claim at a
// time for an event from each process.
type Claims interface {
	// Claim asks for the right to deliver the event. It returns Unsure only
	// together with an error: the event must not be dropped then.
	Claim(ctx context.Context, id Digest) (Verdict, error)
	// Commit records that the event is settled, for at least ttl. It returns
	// once the record would survive what the store promises to survive.
	Commit(ctx context.Context, id Digest, ttl time.Duration, o Outcome) error
	// Release gives a claim back after a failure.
	Release(ctx context.Context, id Digest) error
}

// Quick is implemented by Claims that wait for nothing, and by Times that neither wait nor
// fail. Before it calls others, a stage lets the events behind it go on, see [Yield], so that
// many calls can share a round trip.
type Quick interface{ Quick() bool }

// IsQuick reports whether x implements [Quick] and says so.
func IsQuick(x any) bool {
	q, ok := x.(Quick)
	return ok && q.Quick()
}

// CommitsLater is implemented by Claims whose Commit need not be waited for with a
// goroutine. Claim and Release wait for nothing slower than a local file, unless they are
// [ClaimsLater] too.
type CommitsLater interface {
	// CommitLater is [Claims.Commit], but calls done with what that would return, in
	// another goroutine. Done must not wait for anything.
	CommitLater(id Digest, ttl time.Duration, o Outcome, done func(error))
}

// ClaimsLater is implemented by Claims that others share over a network, and whose Claim
// need not be waited for with a goroutine either.
type ClaimsLater interface {
	CommitsLater
	// ClaimLater is [Claims.Claim], but calls done with what that would return, in
	// another goroutine. Done adds the event to c, which has those go on together that
	// were answered together, and must not wait for anything. [Elsewhere] may only mean
	// that Claim has to be asked. It returns false, without calling done, where Claim has
	// to be asked at once.
	// When ctx ends before the store could be asked, it is not asked any more.
	ClaimLater(ctx context.Context, id Digest, done func(c *Convoy, v Verdict, err error)) bool
}

// Verdict is the answer to a claim.
type Verdict uint8

const (
	Unsure    Verdict = iota // the store could not be asked
	Claimed                  // ours to deliver
	Delivered                // delivered before, by this run of the process
	Earlier                  // delivered before, by an earlier run or another process
	Elsewhere                // in progress in another process
)

// Outcome is how an event was settled. Its values are part of the stored format.
type Outcome byte

const (
	OutcomeDelivered Outcome = 'd'
	OutcomeDead      Outcome = 'x' // among the dead letters; a replay may claim it again
)

// Times remembers, for each key, the time of the last event that was released
// in order.
type Times interface {
	// Last returns the last released time of a key, zero when unknown, and
	// whether an earlier run of the process wrote it.
	Last(ctx context.Context, key string) (t time.Time, earlier bool, err error)
	// Save records t. It does not wait: the record travels with the next commit.
	Save(key string, t time.Time)
}

// Digest is a 128-bit digest of an event's identity.
type Digest [16]byte

// Digest returns the digest of what tells the event apart from others: its ID, and
// its Type if it has one, for there are vendors that send two events of different
// types under one id.
func (e *Event) Digest() Digest {
	id := digest(e.ID)
	if e.Type == "" {
		return Digest(id[:16])
	}
	var space [96]byte // types are short
	// No id that anyone can find has the digest of another one and a type.
	sum := sha256.Sum256(append(append(space[:0], id[:]...), e.Type...))
	return Digest(sum[:16])
}

// digest makes no copy of an id on the heap that is of usual length.
func digest(id string) [sha256.Size]byte {
	var space [128]byte
	return sha256.Sum256(append(space[:0], id...))
}

// DigestOf returns the digest of an identity.
func DigestOf(id string) Digest {
	sum := digest(id)
	return Digest(sum[:16])
}
