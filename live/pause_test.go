package live

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Whoever has paused a flow does not want it to go on because its file has changed.
func TestAPausedFlowIsPausedWhenItHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		synctest.Wait()
		if err := r.Pipeline().Drain("two"); err != nil {
			t.Fatal(err)
		}
		s := r.mustTo(t, strings.Replace(two, "body.n != 0", "body.n != 1", 1))
		if !slices.Equal(s.Last.Change.Replaced, []string{"two"}) {
			t.Fatalf("change: %+v", s.Last.Change)
		}
		r.b.Send("1", `{"n":2}`)
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, f := range r.Pipeline().Health().Flows {
			want := map[string]pipeline.Phase{"one": pipeline.PhaseRunning, "two": pipeline.PhaseDrained}[f.Flow]
			if f.State != want {
				t.Errorf("%s is %s, want %s", f.Flow, f.State, want)
			}
		}
		if got := r.got.IDs("out"); len(got) > 0 {
			t.Errorf("a paused flow took %v", got)
		}
		if err := r.Pipeline().Resume("two"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Equal(got, []string{"1"}) {
			t.Errorf("delivered %v", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

// While the flow before finishes what it has, a person has the one in its place go on.
func TestAFlowThatGoesOnDuringAReloadGoesOnAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.NewReplacer("'body.n != 0'}], to: out", "'body.n != 0'}], to: slow", "{out: {record: {}}}", "{out: {record: {}}, slow: {slow: {}}}").Replace(two)
		r := newRig(yaml)
		r.more = func(c *pipeline.Catalog) {
			c.Sinks = append(c.Sinks, pipeline.DefineSink("slow", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
				return func(context.Context, *pipeline.Event) error {
					time.Sleep(10 * time.Second)
					return nil
				}, nil
			}))
		}
		r.run(t)
		r.b.Send("1", `{"n":2}`)
		synctest.Wait()
		if err := r.Pipeline().Pause("two"); err != nil {
			t.Fatal(err)
		}
		var reload sync.WaitGroup
		reload.Go(func() { r.mustTo(t, strings.Replace(yaml, "body.n != 0", "body.n != 1", 1)) })
		time.Sleep(time.Second)
		if err := r.Pipeline().Resume("two"); err != nil {
			t.Fatal(err)
		}
		reload.Wait()
		synctest.Wait()
		for _, f := range r.Pipeline().Health().Flows {
			if f.State != pipeline.PhaseRunning {
				t.Errorf("%s is %s", f.Flow, f.State)
			}
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}
