package pipeline_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// traySource gives the trays that it is told to, and remembers what became of them.
type traySource struct {
	in chan []*pipeline.Event

	mu sync.Mutex

	settled  map[string]int // how often each was, by itself or with its tray
	returned map[string]int
}

func newTraySource() *traySource {
	return &traySource{in: make(chan []*pipeline.Event), settled: map[string]int{}, returned: map[string]int{}}
}

func (s *traySource) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case events := <-s.in:
				s.give(ctx, events, out)
			}
		}
	}()
	return out, nil
}

func (s *traySource) Close() error { return nil }

func (s *traySource) give(ctx context.Context, events []*pipeline.Event, out chan<- *message.Message) {
	var open []string
	for _, e := range events {
		open = append(open, e.ID)
	}
	m := pipeline.NewTray(context.WithoutCancel(ctx), events, func(i int, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count(open[i], err)
		open[i] = ""
	})
	select {
	case out <- m:
	case <-ctx.Done():
		return
	}
	go func() {
		var err error
		select {
		case <-m.Acked():
		case <-m.Nacked():
			err = errDown
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, id := range open {
			s.count(id, err)
		}
	}()
}

func (s *traySource) count(id string, err error) {
	switch {
	case id == "":
	case err == nil:
		s.settled[id]++
	default:
		s.returned[id]++
	}
}

func (s *traySource) start(t *testing.T, yaml string, source pipeline.Source, o flowtest.Options) *flowtest.Rig {
	def := pipeline.DefineSource("trays", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return pipeline.FromSubscriber(s, "t", source), nil
	})
	o = options(o)
	o.Catalog.Sources = append(o.Catalog.Sources, def)
	return flowtest.Start(t, strings.Replace(yaml, "feed:", "trays:", 1), o)
}

// An event that the spool cannot take goes back alone.
func TestTooLargeEventLeavesItsTrayAlone(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newTraySource()
		rig := s.start(t, sized(folder), pipeline.Source{Hold: time.Hour}, flowtest.Options{})
		large := bytes.Repeat([]byte("x"), 200_000)
		s.in <- []*pipeline.Event{pipeline.NewEvent("a", []byte("{}")), pipeline.NewEvent("large", large), pipeline.NewEvent("b", []byte("{}"))}
		s.in <- []*pipeline.Event{pipeline.NewEvent("large", large)}
		synctest.Wait()
		if got := fmt.Sprint(s.settled, s.returned); got != "map[a:1 b:1] map[large:2]" {
			t.Error("settled and returned:", got)
		}
		if ids := rig.Recorder.IDs("out"); len(ids) != 2 {
			t.Error(ids)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// What of a tray is in the spool when the flow stops is settled; the rest goes back,
// and nothing is in both places.
func TestTrayStoppedHalfway(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newTraySource()
		rig := s.start(t, sized(folder), pipeline.Source{Hold: time.Hour}, flowtest.Options{Fail: func(string, *pipeline.Event, int) error { return errDown }})
		const trays, each = 2, 10
		for i := range trays {
			var events []*pipeline.Event
			for j := range each {
				events = append(events, pipeline.NewEvent(fmt.Sprint(i, "-", j), bytes.Repeat([]byte("x"), 80_000)))
			}
			s.in <- events
		}
		time.Sleep(time.Minute)
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := waiting(rig); int(n) != len(s.settled) || n <= each || n == trays*each {
			t.Error(n, "wait,", len(s.settled), "are settled")
		}
		if n := len(s.settled) + len(s.returned); n != trays*each {
			t.Errorf("settled %v, returned %v", s.settled, s.returned)
		}
		for id := range s.settled {
			if s.settled[id]+s.returned[id] != 1 {
				t.Error(id, "was settled and returned")
			}
		}
	})
}

// What is pushed at once and fits into no spool of that size is not mistaken for what
// has to wait for room.
func TestPushedBatchThatNeverFits(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newTraySource()
		var log bytes.Buffer
		rig := s.start(t, strings.Replace(sized(folder), "1MiB", "16MiB", 1), pipeline.Source{Hold: time.Hour, Push: true},
			flowtest.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		var events []*pipeline.Event
		for i := range 20 {
			events = append(events, pipeline.NewEvent(fmt.Sprint(i), bytes.Repeat([]byte("x"), 1<<20)))
		}
		s.in <- events
		synctest.Wait()
		if s.returned["0"] != 1 || !strings.Contains(log.String(), "raise max_size of the spool to 23MiB at least") || strings.Contains(log.String(), "is full") {
			t.Error(s.returned, log.String())
		}
		s.in <- events[:13]
		synctest.Wait()
		if s.settled["0"] != 1 {
			t.Error("what fits was not taken:", log.String())
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// A sink that does not heed its context ends while the spool is being closed.
func TestSinkThatEndsAfterTheStopTimeout(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		rig := flowtest.Start(t, "stop_timeout: 1s\n"+spooledFlow(folder, ""), options(flowtest.Options{Fail: func(string, *pipeline.Event, int) error {
			<-release
			return nil
		}}))
		for i := range 500 {
			rig.Feed.Send(fmt.Sprint(i), "{}")
		}
		synctest.Wait()
		released := time.AfterFunc(4*time.Second, func() { close(release) })
		if err := rig.Stop(); err == nil {
			t.Error("nothing is said of what did not end")
		}
		if released.Stop() {
			close(release)
		}
		synctest.Wait()
	})
}
