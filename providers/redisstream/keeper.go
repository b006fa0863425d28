package redisstream

import (
	"context"
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// keeper keeps entries in flight young, so that no other consumer takes them over. Most
// are settled before that is necessary and cost nothing.
type keeper struct {
	s *subscription
	// turn has room for one, who makes entries young or old: what makes them old for others
	// must not be overtaken by what keeps them young.
	turn chan struct{}

	stopped chan struct{}
	ended   chan struct{}
}

const (
	keepWhat = "keeping entries from other consumers"
	// keepRetry is after what time to try again.
	keepRetry = time.Second
)

func newKeeper(s *subscription) *keeper {
	return &keeper{s: s, turn: make(chan struct{}, 1), stopped: make(chan struct{}), ended: make(chan struct{})}
}

// run looks twice as often as necessary: an entry gets no older than half of what others
// take over.
func (k *keeper) run() {
	defer close(k.ended)
	every := k.s.config.ClaimAfter / 6
	wait := every
	for pipeline.Sleep(k.s.calls, k.s.clock, wait, k.stopped) {
		wait = every
		if !k.keep() {
			wait = min(every, keepRetry)
		}
	}
}

func (k *keeper) keep() bool {
	old := k.s.table.old(k.s.clock.Now().Add(-k.s.config.ClaimAfter / 3))
	slices.SortFunc(old, byID)
	for batch := range slices.Chunk(old, batchSize) {
		if err := k.keepBatch(batch); err != nil {
			k.s.failed(keepWhat, err)
			return false
		}
	}
	// Also when there is nothing to keep, or what failed before would never be over.
	k.s.trouble.success(keepWhat)
	return true
}

// keepBatch leaves alone what somebody else has taken over by now, or what is gone from
// the stream. It stays in flight here all the same: nobody can be sure that the other one
// will see it through.
func (k *keeper) keepBatch(batch []*entry) error {
	ctx, cancel := context.WithTimeout(k.s.calls, callTimeout)
	defer cancel()
	if err := k.takeTurn(ctx); err != nil {
		return err
	}
	defer k.giveTurn()
	began := k.s.clock.Now()
	ids := k.s.table.ids(batch)
	if len(ids) == 0 {
		return nil
	}
	mine, err := k.s.api.age(ctx, ids, 0)
	if err != nil {
		return err
	}
	k.s.counts.kept.Add(len(mine))
	k.s.table.keep(batch, began)
	return nil
}

func (k *keeper) takeTurn(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (k *keeper) giveTurn() { <-k.turn }

func (k *keeper) stop() {
	close(k.stopped)
	<-k.ended
}

// leftAge makes an entry old enough for every consumer, whatever its claim_after is.
const leftAge = 24 * time.Hour

// leave makes entries old.
func (k *keeper) leave(ctx context.Context, batch []*entry) error {
	if err := k.takeTurn(ctx); err != nil {
		return err
	}
	defer k.giveTurn()
	slices.SortFunc(batch, byID)
	mine, err := k.s.api.age(ctx, k.s.table.ids(batch), leftAge)
	if gone := len(batch) - len(mine); err == nil && gone > 0 {
		k.s.log.Warn("entries that the flow gave back are not pending any more, so that they do not come again: another consumer has them, or somebody has acknowledged them or emptied the stream", "entries", gone)
	}
	return err
}
