package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// blocks is a source that ends by itself and gives many events with each message, as a file
// does. It can be read once.
type blocks struct {
	count, size int
	pause       time.Duration
	subscribed  int
}

func (b *blocks) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	if b.subscribed++; b.subscribed > 1 {
		return nil, errors.New("it can be read once")
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for i := range b.count {
			var events []*pipeline.Event
			for j := range b.size {
				n := i*b.size + j
				events = append(events, pipeline.NewEvent(fmt.Sprintf("line-%d", n), []byte(event(fmt.Sprint("e", n), fmt.Sprint("k", n%7), n))))
				events[j].AddMeta(pair{"line", fmt.Sprint(n)})
			}
			time.Sleep(b.pause)
			select {
			case out <- pipeline.NewBatch(ctx, events):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (b *blocks) Close() error { return nil }

func (b *blocks) define() pipeline.SourceDef {
	return pipeline.DefineSource("blocks", struct {
		Path string `yaml:"path"`
	}{}, func(struct {
		Path string `yaml:"path"`
	}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: b, Finite: true, Hold: pipeline.Forever, Ordered: true}, nil
	})
}

type pair [2]string

func (p pair) Lookup(key string) (string, bool) { return p[1], key == p[0] }
func (p pair) Each(f func(key, value string))   { f(p[0], p[1]) }
func inOrder(of []flowtest.Got) (disorder string) {
	last := map[string]int{}
	for _, g := range of {
		var n int
		fmt.Sscanf(g.Meta["line"], "%d", &n)
		if before, ok := last[g.Key]; ok && before >= n {
			return fmt.Sprintf("key %s: %d after %d", g.Key, n, before)
		}
		last[g.Key] = n
	}
	return ""
}

const once = `
version: 1
flows:
  one: {from: {blocks: {}}, stages: [{identify: {id: body.id, key: body.key, time: {from: body.at, layout: unix}}}, {reorder: {by: arrival}}, {map: {set: {meta.seen: '"1"'}}}], to: out}
sinks: {out: {slow: {}}}
`

// slow is a sink that takes its time, more for some events.
func slow(got *flowtest.Recorder) pipeline.SinkDef {
	return pipeline.DefineSink("slow", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
		return func(ctx context.Context, e *pipeline.Event) error {
			time.Sleep(time.Duration(len(e.Key)+len(e.ID)%3) * time.Millisecond)
			return got.Put(env.Name, e)
		}, nil
	})
}

func finiteRig(t *testing.T, yaml string, b *blocks) *rig {
	r := newRig(yaml)
	r.more = func(c *pipeline.Catalog) {
		c.Sources = append(c.Sources, b.define())
		c.Sinks = append(c.Sinks, slow(r.got))
	}
	r.run(t)
	return r
}

func TestASourceThatEndsGoesOnWhereItStopped(t *testing.T) {
	for name, stages := range map[string]string{
		"by arrival":  "reorder: {by: arrival}",
		"by time":     "reorder: {window: 20s}",
		"in parallel": "filter: 'true'",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				yaml := strings.Replace(once, "reorder: {by: arrival}", stages, 1)
				r := finiteRig(t, yaml, &blocks{count: 200, size: 7, pause: time.Millisecond})
				for i := range 30 {
					time.Sleep(time.Duration(3+i%5) * time.Millisecond)
					s := r.mustTo(t, strings.Replace(yaml, `meta.seen: '"1"'`, fmt.Sprintf("meta.seen: '%d'", i), 1))
					if len(s.Last.Change.Replaced) != 1 {
						t.Fatalf("%+v", s.Last.Change)
					}
				}
				<-r.ended
				if r.err != nil {
					t.Error(r.err)
				}
				got := r.got.Got("out")
				ids := map[string]bool{}
				for _, g := range got {
					ids[g.ID] = true
				}
				if len(got) != 1400 || len(ids) != 1400 {
					t.Errorf("%d events, %d ids", len(got), len(ids))
				}
				if why := inOrder(got); why != "" && stages != "filter: 'true'" {
					t.Error(why)
				}
				if s := r.Pipeline().Stats(); s.Read != 1400 || s.Returned != 0 {
					t.Errorf("read %d, returned %d", s.Read, s.Returned)
				}
			})
		})
	}
}

func TestASourceAtItsEndStaysThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.Replace(once, "flows:", "flows:\n  live: {from: {a: {}}, to: out}", 1)
		r := finiteRig(t, yaml, &blocks{count: 2, size: 2})
		time.Sleep(time.Minute)
		if s := r.Status().Flows[1]; s.State != pipeline.FlowEnded {
			t.Errorf("%+v", s)
		}
		r.mustTo(t, strings.Replace(yaml, `meta.seen: '"1"'`, `meta.seen: '"2"'`, 1))
		time.Sleep(time.Minute)
		if got := r.got.Got("out"); len(got) != 4 {
			t.Errorf("%d events", len(got))
		}
	})
}

func TestAChangedSourceIsReadAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &blocks{count: 100, size: 2, pause: time.Millisecond}
		r := finiteRig(t, once, b)
		time.Sleep(20 * time.Millisecond)
		b.subscribed = 0
		r.mustTo(t, strings.Replace(once, "blocks: {}", "blocks: {path: other}", 1))
		<-r.ended
		if got := r.got.Got("out"); r.err != nil || len(got) <= 200 {
			t.Errorf("%d events, %v", len(got), r.err)
		}
	})
}

func TestAFailedReloadLosesNothingOfASourceThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.Replace(once, "to: out", "to: [out, shelf]", 1) + "  "
		yaml = strings.Replace(yaml, "sinks: {out", "sinks: {shelf: {shelf: {name: s}}, out", 1)
		r := finiteRig(t, yaml, &blocks{count: 100, size: 5, pause: time.Millisecond})
		for range 5 {
			time.Sleep(7 * time.Millisecond)
			if _, err := r.to(strings.Replace(yaml, "{name: s}", "{name: s, break: true}", 1)); err == nil {
				t.Fatal("no error")
			}
		}
		// Then not even what ran before can be started.
		r.shelves.setRefuse(errors.New("no shelf today"))
		r.files[file] = strings.Replace(yaml, "flows:", "flows:\n  live: {from: {a: {}}, to: out}", 1)
		if s, err := r.to(r.files[file]); err != nil || len(s.Last.Change.Kept) != 1 {
			t.Fatalf("%+v %v", s, err)
		}
		s, err := r.to(strings.Replace(r.files[file], "{name: s}", "{name: s, color: blue}", 1))
		if err == nil || len(s.Down()) != 1 {
			t.Fatalf("%+v %v", s, err)
		}
		r.shelves.setRefuse(nil)
		r.mustTo(t, yaml)
		<-r.ended
		if got := r.got.Got("out"); r.err != nil || len(got) != 500 || inOrder(got) != "" {
			t.Errorf("%d events, %v %s", len(got), r.err, inOrder(got))
		}
		if got := r.got.Got("shelf"); len(got) != 500 {
			t.Errorf("%d events on the shelf", len(got))
		}
	})
}

func TestAnEventThatDoesNotEndHoldsUpWhatComesAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := "version: 1\nstop_timeout: 1s\nflows: {one: {from: {a: {}}, stages: [{filter: 'true'}], to: out}}\nsinks: {out: {deaf: {}}}\n"
		r := newRig(yaml)
		wake := make(chan struct{})
		r.more = func(c *pipeline.Catalog) {
			c.Sinks = append(c.Sinks, pipeline.DefineSink("deaf", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Handler, error) {
				return func(_ context.Context, e *pipeline.Event) error {
					<-wake // whatever becomes of its context
					return r.got.Put(env.Name, e)
				}, nil
			}))
		}
		r.run(t)
		r.a.Send("1", "1")
		synctest.Wait()
		reloaded := make(chan error, 1)
		go func() {
			_, err := r.to(strings.Replace(yaml, "'true'", "'1 == 1'", 1))
			reloaded <- err
		}()
		time.Sleep(time.Hour)
		r.a.Send("2", "2")
		synctest.Wait()
		if got := r.got.IDs("out"); len(got) != 0 || len(reloaded) != 0 {
			t.Errorf("while it does not end: %v", got)
		}
		close(wake)
		if err := <-reloaded; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Contains(got, "2") || got[0] != "1" {
			t.Errorf("%v", got)
		}
	})
}

func TestWatchWaitsUntilAFileStaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		seen := make(chan Status, 10)
		r.report = func(s Status, _ error) { seen <- s }
		ctx, cancel := context.WithCancel(t.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			r.Watch(ctx)
		}()
		time.Sleep(10 * time.Second)
		if len(seen) != 0 {
			t.Error("a reload although nothing has changed")
		}
		changed := strings.Replace(two, "body.n != 0", "body.n != 1", 1)
		for i := range 20 { // it is being written
			r.write(file, changed[:len(changed)/20*i])
			time.Sleep(900 * time.Millisecond)
		}
		if len(seen) != 0 {
			t.Errorf("half of the file was read: %+v", (<-seen).Last)
		}
		r.write(file, changed)
		time.Sleep(3 * time.Second)
		if s := <-seen; s.Last.Result != ResultOK || s.Version != 2 {
			t.Errorf("%+v", s.Last)
		}
		r.write(file, "version: 1")
		time.Sleep(10 * time.Second)
		if s := <-seen; s.Last.Result != ResultRefused || len(seen) != 0 {
			t.Errorf("%+v, then %d more", s.Last, len(seen))
		}
		r.write(file, changed)
		time.Sleep(10 * time.Second)
		if s := <-seen; s.Last.Result != ResultOK || !s.Last.Change.Empty() {
			t.Errorf("%+v", s.Last)
		}
		cancel()
		<-watched
	})
}
