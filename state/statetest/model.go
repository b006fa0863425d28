package statetest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/pipeline"
)

// model is what a store ought to remember: for each event, what was committed.
type model struct {
	run     int
	last    bool // see [Subject.LastCounts]
	commits map[string][]committed
}

type committed struct {
	until time.Time
	slack time.Duration // a store may know it for so much longer
	run   int
}

// allows reports whether a store may answer so at that time.
func (m *model) allows(event string, v pipeline.Verdict, now time.Time) bool {
	known := false
	commits := m.commits[event]
	if m.last {
		commits = commits[max(0, len(commits)-1):]
	}
	for _, c := range commits {
		ours := c.run == m.run
		if now.Before(c.until.Add(c.slack)) && v == verdict(ours) {
			return true
		}
		known = known || now.Before(c.until)
	}
	return v == pipeline.Claimed && !known
}

func verdict(ours bool) pipeline.Verdict {
	if ours {
		return pipeline.Delivered
	}
	return pipeline.Earlier
}

func (s Subject) agreesWithModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := s.start(t)
		defer b.shut()
		m := &model{last: s.LastCounts, commits: map[string][]committed{}}
		actions := map[string]func(*rapid.T){
			"":        func(*rapid.T) {},
			"claim":   func(r *rapid.T) { b.claimLike(r, m) },
			"commit":  func(r *rapid.T) { b.commitLike(r, m) },
			"release": func(r *rapid.T) { b.releaseLike(r) },
			"advance": func(r *rapid.T) { b.pass(duration(2*TTL).Draw(r, "by")) },
		}
		if s.Persists {
			actions["reopen"] = func(*rapid.T) { b.shut(); b.open(); m.run++ }
		}
		r.Repeat(actions)
	})
}

func (b *bench) claimLike(r *rapid.T, m *model) {
	space, id := event(r)
	v, err := b.state.Claims(space).Claim(b.Context(), pipeline.DigestOf(id))
	if err != nil || !m.allows(space+id, v, b.clock.Now()) {
		r.Fatalf("claim of %s in %s: %d, %v", id, space, v, err)
	}
}

func (b *bench) commitLike(r *rapid.T, m *model) {
	space, id := event(r)
	ttl := duration(3*TTL).Draw(r, "ttl")
	o := rapid.SampledFrom([]pipeline.Outcome{pipeline.OutcomeDelivered, pipeline.OutcomeDead}).Draw(r, "outcome")
	if err := b.state.Claims(space).Commit(b.Context(), pipeline.DigestOf(id), ttl, o); err != nil {
		r.Fatal(err)
	}
	m.commits[space+id] = append(m.commits[space+id],
		committed{b.clock.Now().Add(ttl), ttl/8 + time.Minute, m.run})
}

func (b *bench) releaseLike(r *rapid.T) {
	space, id := event(r)
	if err := b.state.Claims(space).Release(b.Context(), pipeline.DigestOf(id)); err != nil {
		r.Fatal(err)
	}
}

func event(r *rapid.T) (space, id string) {
	return rapid.SampledFrom([]string{"a", "b"}).Draw(r, "space"),
		fmt.Sprint(rapid.IntRange(1, 5).Draw(r, "id"))
}

func duration(most time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64Range(int64(time.Second), int64(most)), func(n int64) time.Duration { return time.Duration(n) })
}
