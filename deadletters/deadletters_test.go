package deadletters

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// box is a letter box in memory.
type box struct {
	letters []*pipeline.Letter
	full    bool // nothing can be recorded
	busy    bool // another replay is at work

	mu     sync.Mutex
	marked map[string]pipeline.LetterStatus
	closed bool
}

func boxOf(n int) *box {
	b := &box{marked: map[string]pipeline.LetterStatus{}}
	for i := range n {
		b.letters = append(b.letters, &pipeline.Letter{DeadLetter: pipeline.DeadLetter{Flow: "f", Stage: "s", ID: fmt.Sprint("e", i+1), Error: "no"}, Number: i + 1, Mark: fmt.Sprint("m", i+1)})
	}
	return b
}

func (b *box) Read(context.Context) iter.Seq2[*pipeline.Letter, error] {
	return func(yield func(*pipeline.Letter, error) bool) {
		for _, l := range b.letters {
			if !yield(l, nil) {
				return
			}
		}
		yield(&pipeline.Letter{Number: 99, Place: "x:99"}, errors.New("is no dead letter"))
	}
}

func (b *box) Begin() (pipeline.LetterMarks, error) {
	if b.busy {
		return nil, errors.New("another replay is at work")
	}
	return b, nil
}

func (b *box) Mark(l *pipeline.Letter, became pipeline.LetterStatus) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		return errors.New("no space left on device")
	}
	b.marked[l.Mark] = became
	return nil
}

func (b *box) Close() error { b.closed = true; return nil }

// flows is what takes the events.
type flows func(ctx context.Context, l *pipeline.Letter) (pipeline.LetterStatus, error)

func (f flows) Replay(ctx context.Context, l *pipeline.Letter, _ pipeline.Replay) (pipeline.LetterStatus, error) {
	return f(ctx, l)
}

func delivers(context.Context, *pipeline.Letter) (pipeline.LetterStatus, error) {
	return pipeline.LetterDelivered, nil
}

func TestWhatIsSettledIsMarked(t *testing.T) {
	b := boxOf(200)
	j, err := Start(t.Context(), flows(func(_ context.Context, l *pipeline.Letter) (pipeline.LetterStatus, error) {
		switch l.Number % 10 {
		case 0:
			return pipeline.LetterReplaced, nil
		case 1:
			return pipeline.LetterWaits, errors.New("there is no stage s any longer")
		}
		return pipeline.LetterDelivered, nil
	}), "dead", b, Order{})
	if err != nil {
		t.Fatal(err)
	}
	<-j.Done()
	p := j.Progress()
	if p.Total != 200 || p.Delivered != 160 || p.Replaced != 20 || p.Left != 20 || p.Broken != 1 || len(p.Reasons) != mostReasons || p.Ended == nil {
		t.Errorf("%+v", p)
	}
	if len(b.marked) != 180 || b.marked["m10"] != pipeline.LetterReplaced || b.marked["m11"] != "" || !b.closed {
		t.Errorf("%d are marked", len(b.marked))
	}
}

func TestWhatCannotBeRecordedIsSaid(t *testing.T) {
	b := boxOf(1)
	b.full = true
	j, err := Start(t.Context(), flows(delivers), "dead", b, Order{})
	if err != nil {
		t.Fatal(err)
	}
	<-j.Done()
	if p := j.Progress(); p.Left != 1 || !strings.Contains(p.Reasons[0].Why, "would be replayed again: no space left") {
		t.Errorf("%+v", p)
	}
}

// Of what is under way when the replay is stopped, the letters stay.
func TestAStoppedReplayLeavesWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := boxOf(500)
		j, err := Start(t.Context(), flows(func(ctx context.Context, l *pipeline.Letter) (pipeline.LetterStatus, error) {
			if l.Number <= 10 {
				return pipeline.LetterDelivered, nil
			}
			<-ctx.Done()
			return pipeline.LetterWaits, ctx.Err()
		}), "dead", b, Order{})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if p := j.Progress(); p.Ended != nil || p.Delivered != 10 {
			t.Errorf("%+v", p)
		}
		j.Stop()
		if p := j.Progress(); p.Left != 490 || len(p.Reasons) != 0 || len(b.marked) != 10 || !b.closed {
			t.Errorf("%+v", p)
		}
	})
}

func TestThereIsOneReplayAtATime(t *testing.T) {
	b := boxOf(1)
	b.busy = true
	if _, err := Start(t.Context(), flows(delivers), "dead", b, Order{}); err == nil {
		t.Error("two are at work")
	}
	if _, err := Start(t.Context(), flows(delivers), "dead", boxOf(1), Order{Filter: Filter{Since: "yesterday"}}); err == nil {
		t.Error("yesterday is a time")
	}
}

func TestFilters(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	b := boxOf(9)
	for i, l := range b.letters {
		l.Time = now.Add(time.Duration(i-9) * time.Hour)
	}
	b.letters[3].Status = pipeline.LetterDelivered
	b.letters[4].Flow, b.letters[5].Sink, b.letters[6].Error = "g", "out", "a Timeout"
	b.letters[7].ID = "8"
	cases := map[string]struct {
		filter Filter
		want   []int
	}{
		"all that wait": {Filter{}, []int{1, 2, 3, 5, 6, 7, 8, 9}},
		"replayed too":  {Filter{All: true, Letters: []string{"4"}}, []int{4}},
		"flow":          {Filter{Flow: "g"}, []int{5}},
		"sink":          {Filter{Stage: "out"}, []int{6}},
		"error":         {Filter{Error: "TIMEOUT"}, []int{7}},
		"ago":           {Filter{Since: "2h"}, []int{8, 9}},
		"between":       {Filter{Since: "2026-03-31 10:00", Until: "2026-03-31T11:00:00Z"}, []int{8}},
		"number, id":    {Filter{Letters: []string{"1", "id:8", "e2"}}, []int{1, 2, 8}},
		"marks":         {Filter{Marks: []string{"m9", "m1", "other"}}, []int{1, 9}},
		"marks, and":    {Filter{Marks: []string{"m9", "m5"}, Flow: "g"}, []int{5}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			choice, err := c.filter.Choose(now)
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			broken, err := choice.Read(t.Context(), b, func(l *pipeline.Letter) { got = append(got, l.Number) })
			if err != nil || len(broken) != 1 || !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v; %v, %v", got, c.want, broken, err)
			}
		})
	}
}
