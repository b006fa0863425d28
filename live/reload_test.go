package live

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// ordered is a flow that holds each event for a minute.
const ordered = "stages: [{identify: {id: body.id, key: body.key, time: {from: body.at, layout: unix}}}, {dedupe: {ttl: 1h}}, {reorder: {window: 1m}}]"

func event(id, key string, at int) string {
	return fmt.Sprintf(`{"id":%q,"key":%q,"at":%d}`, id, key, at)
}

const two = `
version: 1
flows:
  one: {from: {a: {}}, ` + ordered + `, to: out}
  two: {from: {b: {}}, stages: [{filter: 'body.n != 0'}], to: out}
sinks: {out: {record: {}}}
`

func TestAFlowThatIsTheSameIsNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		held := r.a.Send("1", event("e1", "k", 5))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		s := r.mustTo(t, strings.Replace(two, "body.n != 0", "body.n != 1", 1))
		if !slices.Equal(s.Last.Change.Kept, []string{"one"}) || !slices.Equal(s.Last.Change.Replaced, []string{"two"}) {
			t.Errorf("change: %+v", s.Last.Change)
		}
		r.b.Send("2", `{"n":1}`)
		r.b.Send("3", `{"n":0}`)
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Equal(got, []string{"3"}) {
			t.Errorf("behind the new filter: %v", got)
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Equal(got, []string{"3", "e1"}) || held.Returned() != 0 {
			t.Errorf("what was held arrived as %v and went back %d times", got, held.Returned())
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestABrokenFileLeavesEverythingAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		held := r.a.Send("1", event("e1", "k", 5))
		synctest.Wait()
		s, err := r.to(strings.NewReplacer("filter", "fitler", "to: out", "to: nowhere").Replace(two))
		if err == nil || s.Last.Result != ResultRefused || s.Version != 1 || s.Reloads[ResultRefused] != 1 {
			t.Errorf("%v, %+v", err, s)
		}
		if n := len(s.Last.Problems); n < 2 || s.Last.Problems[0].Line == 0 {
			t.Errorf("problems: %+v", s.Last.Problems)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Equal(got, []string{"e1"}) || held.Returned() != 0 {
			t.Errorf("%v, went back %d times", got, held.Returned())
		}
	})
}

func TestWhatAChangedFlowHeldComesAgainInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		r.a.Send("1", event("e1", "k", 5))
		time.Sleep(10 * time.Second)
		r.a.Send("2", event("e0", "k", 3))
		r.a.Send("3", event("x", "other", 3))
		synctest.Wait()
		for i := range 5 {
			time.Sleep(5 * time.Second)
			s := r.mustTo(t, strings.Replace(two, "window: 1m", fmt.Sprintf("window: %dm", 2+i), 1))
			if !slices.Equal(s.Last.Change.Replaced, []string{"one"}) || s.Version != i+2 {
				t.Errorf("%+v", s)
			}
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got := r.got.IDs("out")
		slices.Sort(got)
		if !slices.Equal(got, []string{"e0", "e1", "x"}) {
			t.Errorf("arrived: %v", got)
		}
		if all := r.got.IDs("out"); slices.Index(all, "e0") > slices.Index(all, "e1") {
			t.Errorf("order: %v", all)
		}
	})
}

func TestWhatWasDeliveredBeforeAReloadIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		r.a.Send("1", event("e1", "k", 5))
		time.Sleep(2 * time.Minute)
		r.mustTo(t, strings.Replace(two, "window: 1m", "window: 2m", 1))
		copied := r.a.Send("2", event("e1", "k", 5))
		r.a.Send("3", event("e0", "k", 4))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		got := r.got.Got("out")
		if len(got) != 2 || got[1].ID != "e0" || got[1].Meta["leat.late"] == "" || !copied.Acked() {
			t.Errorf("%v", got)
		}
		if n := r.Pipeline().Stats().Sum(pipeline.CountDelivered); n != 2 {
			t.Errorf("the counters go on: %d delivered", n)
		}
	})
}

const shelf = `
version: 1
flows:
  one: {from: {a: {}}, stages: [{filter: 'body.n != 0'}], to: [shelf, out]}
  two: {from: {b: {}}, to: shelf}
sinks: {shelf: {shelf: {name: s}}, out: {record: {}}}
`

func TestASinkThatFlowsShareStaysOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, shelf)
		r.mustTo(t, strings.Replace(shelf, "n != 0", "n != 1", 1))
		r.a.Send("1", `{"n":0}`)
		r.b.Send("2", `{"n":0}`)
		synctest.Wait()
		if got := r.got.IDs("shelf"); len(got) != 2 || r.shelves.opened != 1 {
			t.Errorf("%v, opened %d times", got, r.shelves.opened)
		}
		r.stop()
		if r.shelves.count("s") != 0 {
			t.Error("it was not closed at the end")
		}
	})
}

func TestAChangedSinkIsClosedBeforeItIsOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, shelf)
		for i, change := range []string{"{name: s, color: red}", "{name: s, key: one}", "{name: s, key: two}"} {
			s := r.mustTo(t, strings.Replace(shelf, "{name: s}", change, 1))
			if !slices.Equal(s.Last.Change.Replaced, []string{"one", "two"}) || r.shelves.opened != i+2 || r.shelves.count("s") != 1 {
				t.Errorf("%+v, opened %d times, %d open", s.Last.Change, r.shelves.opened, r.shelves.count("s"))
			}
		}
		renamed := strings.NewReplacer("[shelf", "[other", "to: shelf", "to: other", "{shelf: {shelf", "{other: {shelf").Replace(shelf)
		r.mustTo(t, renamed)
	})
}

func TestAVariableIsAPartOfADeclaration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(strings.Replace(shelf, "{name: s}", "{name: s, key: '${KEY}'}", 1))
		r.env["KEY"] = "one"
		r.run(t)
		if s := r.mustTo(t, r.files[file]); !s.Last.Change.Empty() {
			t.Errorf("nothing has changed, but %+v", s.Last.Change)
		}
		r.env["KEY"] = "two"
		if s := r.mustTo(t, r.files[file]); len(s.Last.Change.Replaced) != 2 {
			t.Errorf("%+v", s.Last.Change)
		}
	})
}

func TestFlowsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, "version: 1\nflows: {one: {from: {a: {}}, to: out}}\nsinks: {out: {record: {}}}\n")
		s := r.mustTo(t, "version: 1\nflows: {other: {from: {b: {}}, to: out}}\nsinks: {out: {record: {}}}\n")
		if !slices.Equal(s.Last.Change.Added, []string{"other"}) || !slices.Equal(s.Last.Change.Removed, []string{"one"}) {
			t.Errorf("%+v", s.Last.Change)
		}
		unread := r.a.Send("1", "1")
		r.b.Send("2", "2")
		synctest.Wait()
		if got := r.got.IDs("out"); !slices.Equal(got, []string{"2"}) || unread.Acked() {
			t.Errorf("%v", got)
		}
		if flows := r.Status().Flows; len(flows) != 1 || flows[0].State != pipeline.FlowRunning {
			t.Errorf("%+v", flows)
		}
	})
}

const links = `
version: 1
flows:
  one: {from: {a: {}}, to: {flow: end}}
  end: {from: {link: {}}, stages: [{filter: 'true'}], to: out}
  two: {from: {b: {}}, to: out}
sinks: {out: {record: {}}}
`

func TestLinkedFlowsAreReplacedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, links)
		s := r.mustTo(t, strings.Replace(links, "'true'", "'1 == 1'", 1))
		if !slices.Equal(s.Last.Change.Kept, []string{"two"}) || !slices.Equal(s.Last.Change.Replaced, []string{"one", "end"}) {
			t.Errorf("%+v", s.Last.Change)
		}
		r.a.Send("1", "1")
		synctest.Wait()
		if got := r.got.IDs("out"); len(got) != 1 {
			t.Errorf("%v", got)
		}
	})
}

func TestWhatCannotBeStartedLeavesWhatRanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, shelf)
		s, err := r.to(strings.Replace(shelf, "{name: s}", "{name: s, break: true}", 1))
		if err == nil || !strings.Contains(err.Error(), "it is broken") || s.Last.Result != ResultFailed || s.Version != 1 {
			t.Errorf("%v, %+v", err, s)
		}
		r.b.Send("2", "2")
		synctest.Wait()
		if got := r.got.IDs("shelf"); len(got) != 1 || len(s.Down()) != 0 {
			t.Errorf("%v, down %v", got, s.Down())
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsDownIsStartedByTheNextReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		yaml := strings.Replace(shelf, "to: [shelf, out]", "to: out", 1)
		r := start(t, yaml)
		r.shelves.refuse = errors.New("no shelf today")
		s, err := r.to(strings.Replace(yaml, "{name: s}", "{name: s, color: red}", 1))
		if err == nil || !slices.Equal(s.Down(), []string{"two"}) || s.Flows[0].State != pipeline.FlowRunning || !slices.Equal(s.Last.Change.Kept, []string{"one"}) {
			t.Errorf("%v, %+v", err, s)
		}
		r.shelves.refuse = nil
		s = r.mustTo(t, yaml)
		r.b.Send("2", "2")
		synctest.Wait()
		if got := r.got.IDs("shelf"); len(got) != 1 || len(s.Down()) != 0 {
			t.Errorf("%v, %+v", got, s)
		}
	})
}

func TestARunOfWhichNothingIsLeftEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, shelf)
		r.shelves.refuse = errors.New("no shelf today")
		if _, err := r.to(strings.Replace(shelf, "{name: s}", "{name: s, color: red}", 1)); err == nil {
			t.Error("no error")
		}
		<-r.ended
		if r.err == nil || !strings.Contains(r.err.Error(), "no shelf today") {
			t.Errorf("the run ended with %v", r.err)
		}
		if _, err := r.to(shelf); !errors.Is(err, ErrNotRunning) {
			t.Errorf("a reload after the end: %v", err)
		}
	})
}

func TestAStopDuringAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, two)
		for i := range 20 {
			r.a.Send(fmt.Sprint(i), event(fmt.Sprint("e", i), "k", i))
		}
		synctest.Wait()
		reloaded := make(chan error, 1)
		go func() {
			_, err := r.to(strings.Replace(two, "window: 1m", "window: 2m", 1))
			reloaded <- err
		}()
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		<-reloaded
	})
}
