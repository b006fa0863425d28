package live

import (
	"slices"
	"strings"
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
