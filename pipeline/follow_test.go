package pipeline

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// follow is a follower that writes down what it is told.
type follow struct {
	*Follower

	mu    sync.Mutex
	last  uint64
	ended bool
}

func newFollow(g *numbering) *follow {
	f := &follow{}
	f.Follower = &Follower{index: len(g.followers), ahead: map[uint64]struct{}{}, moved: f.look}
	g.followers = append(g.followers, f.Follower)
	return f
}

func (f *follow) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = f.ended || f.Ended()
	f.last = max(f.last, f.Passed())
}

// deed is something that an event under way does next.
type deed struct{ who, kind, stage, parts int }

var deeds = rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) deed {
	return deed{
		who: rapid.IntRange(0, 20).Draw(rt, "who"), kind: rapid.IntRange(0, 3).Draw(rt, "kind"),
		stage: rapid.IntRange(0, 1).Draw(rt, "stage"), parts: rapid.IntRange(2, 4).Draw(rt, "parts"),
	}
}), 0, 80)

// underWay is an event of the model: the number of its message and the
// followers that it has entered.
type underWay struct {
	lane   *lane
	number int
	passed [2]bool
}

// The model: a number has come past a follower when none of its events is left
// that has neither entered it nor been settled.
func TestFollowersHearHowFarTheirSourcesHaveCome(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		g := &numbering{sources: 1}
		follows := []*follow{newFollow(g), newFollow(g)}
		messages := rapid.IntRange(0, 6).Draw(rt, "messages")
		f := &flow{group: g}
		open := make([]*underWay, messages)
		for i, r := range g.roots(g.take(messages), messages) {
			open[i] = &underWay{lane: &lane{flow: f, root: r}, number: i + 1}
		}
		endsAfter := rapid.IntRange(0, 80).Draw(rt, "the source ends after")
		over := false
		settle := func(i int) {
			open[i].lane.passAll()
			open = slices.Delete(open, i, i+1)
		}
		compare := func() {
			for i, follow := range follows {
				want := passedNumber(open, messages, i)
				if follow.last != want {
					rt.Fatalf("follower %d heard of numbers up to %v, want %v", i, follow.last, want)
				}
				if ended := over && want == uint64(messages); follow.ended != ended {
					rt.Fatalf("follower %d heard of the end: %v, ended %v", i, follow.ended, ended)
				}
			}
		}
		for i, d := range deeds.Draw(rt, "deeds") {
			if i == endsAfter {
				over = true
				g.sourceEnded()
			}
			if len(open) > 0 {
				who := d.who % len(open)
				switch e := open[who]; d.kind {
				case 0:
					settle(who)
				case 1:
					open = slices.Replace(open, who, who+1, e.split(d.parts)...)
				default:
					follows[d.stage].Enter(e.lane)
					e.passed[d.stage] = true
				}
			}
			compare()
		}
		for len(open) > 0 {
			settle(0)
			compare()
		}
		if !over {
			over = true
			g.sourceEnded()
		}
		compare()
	})
}

// split does what an event does that is split: the parts go on in its place.
func (u *underWay) split(parts int) (out []*underWay) {
	passed := u.lane.passed
	u.lane.split(parts - 1)
	for range parts {
		out = append(out, &underWay{lane: &lane{flow: u.lane.flow, root: u.lane.root, passed: passed}, number: u.number, passed: u.passed})
	}
	u.lane.passAll() // as it does when its parts are settled; it counts no more
	return out
}

func passedNumber(open []*underWay, messages, follower int) (last uint64) {
	for n := 1; n <= messages; n++ {
		if slices.ContainsFunc(open, func(u *underWay) bool { return u.number == n && !u.passed[follower] }) {
			break
		}
		last = uint64(n)
	}
	return last
}

func TestFollowersOfManyGoroutinesMissNothing(t *testing.T) {
	const messages, parts = 200, 4
	g := &numbering{sources: 2}
	first, second := newFollow(g), newFollow(g)
	f := &flow{group: g}
	var wg sync.WaitGroup
	for _, r := range g.roots(g.take(messages), messages) {
		l := &lane{flow: f, root: r}
		l.split(parts - 1)
		for range parts {
			wg.Go(func() {
				part := &lane{flow: f, root: r}
				if rand.IntN(2) == 0 {
					first.Enter(part)
					runtime.Gosched()
					second.Enter(part)
				}
				part.passAll()
			})
		}
	}
	wg.Go(g.sourceEnded)
	wg.Go(g.sourceEnded)
	wg.Wait()
	for _, follow := range []*follow{first, second} {
		if follow.last != messages || !follow.ended {
			t.Errorf("heard of numbers up to %d, ended: %v", follow.last, follow.ended)
		}
	}
}

func TestEveryEventOfARealFlowIsCountedByThoseThatFollowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		passed, ended := map[string]uint64{}, map[string]bool{}
		follower := DefineStage("follower", struct{}{}, func(_ struct{}, env *Env) (Stage, error) {
			var follow *Follower
			follow = env.Follow(func() {
				mu.Lock()
				defer mu.Unlock()
				ended[env.Name] = ended[env.Name] || follow.Ended()
				passed[env.Name] = max(passed[env.Name], follow.Passed())
			})
			return Map(func(ctx context.Context, e *Event) error {
				if !strings.Contains(string(e.payload.raw), "past") {
					follow.Enter(ctx)
				}
				Yield(ctx)
				return nil
			}), nil
		})
		parts := DefineStage("parts", struct{}{}, func(struct{}, *Env) (Stage, error) {
			return FlatMap(func(_ context.Context, e *Event) (out []*Event, err error) {
				for i, part := range strings.Fields(string(e.payload.raw)) {
					out = append(out, e.Child(i, []byte(part)))
				}
				return out, nil
			}), nil
		})
		source := newListSource("a b c", "", "past past", "a", "past a past", "a past a past a")
		_, err := runText(t, `
version: 1
flows:
  f: {from: list, stages: [follower, parts, follower], to: out}
sinks: {out: keep}
`, Catalog{Stages: []StageDef{follower, parts}, Sources: []SourceDef{source.define()}, Sinks: []SinkDef{newKeepSink().define()}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"follower", "follower#2"} {
			if passed[name] != 6 || !ended[name] {
				t.Errorf("%s heard of numbers up to %d, ended: %v", name, passed[name], ended[name])
			}
		}
	})
}
