package redisstream

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

func TestEveryOutageIsSaidAndItsEnd(t *testing.T) {
	j := &journal{}
	var away atomic.Bool
	onDouble(t, slog.New(slog.NewTextHandler(j, nil)), func(d *double) {
		d.fault = func() fault { return fault{fails: away.Load()} }
		d.add("0")
	}, func(_ *double, out <-chan *message.Message) {
		held := <-out
		outage := func(during func()) {
			away.Store(true)
			time.Sleep(time.Minute) // so long that entries have to be kept
			during()
			away.Store(false)
			time.Sleep(10 * time.Minute)
		}
		outage(func() { held.Ack(); synctest.Wait() }) // nothing is left to keep
		outage(func() {})
	})
	if said, over := j.count("Redis is in trouble"), j.count("Redis works again"); said != 2 || over != 2 {
		t.Errorf("of two outages %d are said and the ends of %d: %s", said, over, j.text.String())
	}
}
