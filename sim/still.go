package sim

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// Stillness knows when nothing goes on any more in the process, without asking those who
// might be busy: it asks Go's scheduler. While there is one of it, goroutines run on one
// processor only. So while the one that asks is running, nobody else is; and when none is
// ready to run and none is in a system call, then all of them wait: for each other, or
// for a clock that stands. Nothing can happen then before the one that asks makes it.
//
// What waits for something outside of the process, such as an answer over a network, is
// not seen by that, and has to say so, see [pipeline.InRealTime].
type Stillness struct {
	samples    []metrics.Sample
	processors int    // before
	outside    uint64 // goroutines in system calls that stay there, such as that for signals
}

// NewStillness has the goroutines of the process run on one processor, until Close.
func NewStillness() *Stillness {
	s := &Stillness{
		processors: runtime.GOMAXPROCS(1),
		samples: []metrics.Sample{
			{Name: "/sched/goroutines/runnable:goroutines"},
			{Name: "/sched/goroutines/not-in-go:goroutines"},
		},
	}
	s.outside = s.settled()
	return s
}

// Close gives the processors back.
func (s *Stillness) Close() { runtime.GOMAXPROCS(s.processors) }

const (
	// patient is how often others are let run before real time is given to system calls.
	patient = 100
	// inKernel is how long a goroutine is in a system call until it counts as one that
	// stays there, such as one that waits for the end of a plugin.
	inKernel = 250 * time.Millisecond
)

// Wait returns once nothing goes on. While wait says so, something takes real time.
func (s *Stillness) Wait(wait func() bool) {
	var since time.Time
	for n := 0; ; n++ {
		runtime.Gosched()
		runnable, outside := s.read()
		switch {
		case wait():
			time.Sleep(pause)
			since = time.Time{}
			continue
		case runnable > 0:
			continue
		case outside <= s.outside:
			return
		case n < patient:
			continue
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > inKernel:
			s.outside = outside
		}
		time.Sleep(pause)
	}
}

const pause = 20 * time.Microsecond

func (s *Stillness) read() (runnable, outside uint64) {
	metrics.Read(s.samples)
	return s.samples[0].Value.Uint64(), s.samples[1].Value.Uint64()
}

// settled is how many goroutines are in system calls when nothing goes on.
func (s *Stillness) settled() uint64 {
	for {
		runtime.Gosched()
		if runnable, outside := s.read(); runnable == 0 {
			return outside
		}
	}
}
