package redisstream

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/testservers"
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

// needed are the commands that the manual names.
var needed = strings.Fields("client|setname xgroup xreadgroup xpending xclaim xautoclaim xack xinfo evalsha eval xdel")

func TestTheCommandsOfTheManualAreEnoughAndAMissingOneIsSaid(t *testing.T) {
	server := testservers.StartRedis(t)
	s := streamAt(t, server.URL())
	user := func(name string, commands []string) func(*SourceConfig) {
		rule := append([]any{"ACL", "SETUSER", name, "on", ">secret", "~*"}, rights(commands)...)
		if err := s.client.Do(t.Context(), rule...).Err(); err != nil {
			t.Fatal(err)
		}
		return func(c *SourceConfig) {
			c.URL = conf.Secret(fmt.Sprintf("redis://%s:secret@%s", name, server.Address()))
			c.Delete = true
		}
	}
	s.fill(0, 2)
	r := s.subscribe(user("all", needed))
	j := r.journal()
	held := r.take(2)
	ack(held[:1])
	time.Sleep(s.quick().ClaimAfter) // entries are kept meanwhile
	r.close()
	if n := j.count("failed"); n != 0 || s.pending() != 1 {
		t.Errorf("%d are pending, and %d commands failed: %s", s.pending(), n, j.text.String())
	}

	r = s.subscribe(user("some", slices.DeleteFunc(slices.Clone(needed), func(c string) bool { return c == "xclaim" })))
	j = r.journal()
	m := r.next()
	eventually(t, "a right that is missing is said at once", func() bool { return j.count("level=ERROR") == 1 })
	if j.count("executing the script")+j.count("ACL failure") != 1 || j.count("the rights it has") != 1 {
		t.Error(j.text.String())
	}
	m.Ack() // leaves nothing that Close could not leave to others
}

func rights(commands []string) (list []any) {
	for _, c := range commands {
		list = append(list, "+"+c)
	}
	return list
}
