package redis

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsOwedIsToldInCommonRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o owed
		var told atomic.Int64
		for i := range 640 {
			o.add(strconv.Itoa(i), func(context.Context) error {
				time.Sleep(time.Second)
				told.Add(1)
				return nil
			})
		}
		o.forgive("0")
		began := time.Now()
		o.pay(t.Context())
		if told.Load() != 639 || o.n.Load() != 0 {
			t.Errorf("%d of 639 are told, %d are still owed", told.Load(), o.n.Load())
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %s, as if one by one", took)
		}
	})
}

func TestWhatRedisDoesNotTakeIsStillOwed(t *testing.T) {
	var o owed
	for i := range 100 {
		o.add(strconv.Itoa(i), func(context.Context) error {
			if i%2 == 0 {
				return errors.New("away")
			}
			return nil
		})
	}
	for range 100 {
		o.pay(t.Context())
	}
	if n := o.n.Load(); n < 50 || n > 100 {
		t.Errorf("%d are owed, want those 50 that failed, and what stands behind them", n)
	}
	o.forgive("1")
	o.forgive("1")
	if n := o.n.Load(); n < 49 {
		t.Errorf("%d are owed", n)
	}
}
