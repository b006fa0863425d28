package redisstream

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// script does with a consumer what the source does, and says what came of it.
func script(t *testing.T, a, b api, destroy func()) (said []string) {
	ctx := t.Context()
	say := func(what string, list []*received, err error) {
		line := what
		for _, r := range list {
			line += fmt.Sprintf(" %s×%d", r.payload, r.given)
		}
		if err != nil {
			line += " " + strings.Fields(err.Error())[0]
		}
		said = append(said, line)
	}
	say("create", nil, a.create(ctx, "0"))
	say("create", nil, a.create(ctx, "0"))
	first, err := a.read(ctx, 3, time.Millisecond)
	say("read", first, err)
	rest, err := b.read(ctx, 10, time.Millisecond)
	say("read", rest, err)
	none, err := a.read(ctx, 10, time.Millisecond)
	say("read", none, err)
	pending := func(after string) {
		list, err := a.pending(ctx, after, 10)
		line := fmt.Sprint("pending ", len(list), err)
		for _, g := range list {
			line += fmt.Sprint(" ", g.times)
		}
		said = append(said, line)
	}
	pending("")
	pending(first[0].id)
	list, err := a.again(ctx, []string{first[1].id, rest[0].id})
	say("again", list, err)
	mine, err := a.age(ctx, []string{first[0].id, first[1].id, rest[0].id}, time.Hour)
	said = append(said, fmt.Sprint("age ", len(mine), err))
	c, err := b.claim(ctx, firstCursor, time.Minute, 10)
	say("claim "+c.next, c.entries, err)
	c, err = a.claim(ctx, firstCursor, 0, 2)
	say("claim", c.entries, err)
	say("settle", nil, b.settle(ctx, []string{first[0].id, first[2].id}, true))
	pending("")
	destroy()
	say("settle", nil, a.settle(ctx, []string{first[1].id}, false))
	_, err = a.read(ctx, 1, time.Millisecond)
	say("read", nil, err)
	_, err = a.pending(ctx, "", 1)
	say("pending", nil, err)
	_, err = a.claim(ctx, firstCursor, 0, 1)
	say("claim", nil, err)
	_, err = a.age(ctx, []string{first[1].id}, 0)
	say("age", nil, err)
	say("create", nil, a.create(ctx, "0"))
	list, err = a.read(ctx, 10, time.Millisecond)
	say("read", list, err)
	return said
}

func TestTheDoubleIsLikeRedis(t *testing.T) {
	d := newDouble()
	s := newStream(t)
	for n := range 5 {
		d.add(fmt.Sprint(n))
		s.add(payloadField, n)
	}
	var real [2]api
	for i := range real {
		c := s.quick().withDefaults()
		var err error
		if real[i], err = newServer(c, s.name, fmt.Sprint("c", i)); err != nil {
			t.Fatal(err)
		}
		defer real[i].close()
	}
	got := script(t, &holder{double: d, name: "c0"}, &holder{double: d, name: "c1"}, func() { d.noGroup, d.pending = true, map[string]*pended{} })
	want := script(t, real[0], real[1], func() {
		if err := s.client.XGroupDestroy(t.Context(), s.name, "leat").Err(); err != nil {
			t.Fatal(err)
		}
	})
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("step %d: the double says %q and Redis %q", i+1, got[i], want[i])
		}
	}
}
