package redisstream

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is a consumer whose group is gone, and to which Redis says nothing else any more.
type stuck struct {
	api
	now atomic.Bool
}

func (s *stuck) read(ctx context.Context, count int, block time.Duration) ([]*received, error) {
	if s.now.Load() {
		return nil, errGone
	}
	return s.api.read(ctx, count, block)
}

func (s *stuck) create(ctx context.Context, after string) error {
	return s.wait(ctx, func() error { return s.api.create(ctx, after) })
}

func (s *stuck) age(ctx context.Context, ids []string, idle time.Duration) (mine []string, err error) {
	err = s.wait(ctx, func() error { mine, err = s.api.age(ctx, ids, idle); return err })
	return mine, err
}

func (s *stuck) wait(ctx context.Context, command func() error) error {
	if s.now.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return command()
}

// The engine gives a source ten seconds.
func TestCloseEndsInTimeWhateverIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.add("0")
		a := &stuck{api: &holder{double: d, name: "c"}}
		sub := subscriberOf(a, quiet)
		sub.config.Block = maxBlock
		ctx, cancel := context.WithCancel(context.Background())
		out, err := sub.Subscribe(ctx, "s")
		if err != nil {
			t.Fatal(err)
		}
		<-out // and its fate stays open
		a.now.Store(true)
		time.Sleep(3 * time.Second)
		began := time.Now()
		cancel()
		err = sub.Close()
		if took := time.Since(began); took > closeLimit || err == nil {
			t.Errorf("it took %s: %v", took, err)
		}
	})
}

func TestCloseWithoutAGroupHasNothingToLeave(t *testing.T) {
	j := &journal{}
	synctest.Test(t, func(t *testing.T) {
		d := newDouble()
		d.add("0")
		sub := subscriberOf(&holder{double: d, name: "c"}, slog.New(slog.NewTextHandler(j, nil)))
		ctx, cancel := context.WithCancel(context.Background())
		out, err := sub.Subscribe(ctx, "s")
		if err != nil {
			t.Fatal(err)
		}
		<-out
		cancel()
		time.Sleep(maxBlock)
		d.mu.Lock()
		d.noGroup, d.pending = true, map[string]*pended{}
		d.mu.Unlock()
		began := time.Now()
		err = sub.Close()
		if took := time.Since(began); took > closeGrace+time.Second || err != nil {
			t.Errorf("it took %s: %v", took, err)
		}
	})
	if j.count("are not pending any more") != 1 {
		t.Errorf("it is not said: %s", j.text.String())
	}
}
