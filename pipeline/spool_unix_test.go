//go:build linux || darwin

package pipeline_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// While the disk takes nothing, a patient source keeps its place and one that is
// pushed is refused; the log is not filled with it.
func TestSpoolOnADiskThatTakesNothing(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(os.Signal(syscall.SIGXFSZ)) })
	for _, push := range []bool{false, true} {
		t.Run(fmt.Sprint("push=", push), func(t *testing.T) {
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				source := impatient
				source.Push = push
				var log bytes.Buffer
				rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{Source: &source, Log: slog.New(slog.NewTextHandler(&log, nil)),
					Fail: func(string, *pipeline.Event, int) error { return errDown }}))
				ok := rig.Feed.Send("0", "{}")
				synctest.Wait()
				grow := limitFiles(t, 10_000)
				var sent []*flowtest.Sent
				for i := range 50 {
					sent = append(sent, rig.Feed.Send(fmt.Sprint(i+1), strings.Repeat("x", 20_000)))
					time.Sleep(time.Second)
				}
				if countAcked(sent) > 0 || !ok.Acked() {
					t.Error(countAcked(sent), "of what could not be written were taken")
				}
				for _, s := range sent {
					if s.Returned() > 0 != push {
						t.Error(s.ID, "was returned", s.Returned(), "times")
					}
				}
				grow()
				time.Sleep(time.Minute)
				last := rig.Feed.Send("last", "{}")
				synctest.Wait()
				if want := map[bool]int{false: len(sent)}[push]; countAcked(sent) != want || !last.Acked() {
					t.Error(countAcked(sent), "were taken when there was room again, want", want)
				}
				if err := rig.Stop(); err != nil || waiting(rig) != int64(countAcked(sent))+2 {
					t.Error(err, waiting(rig))
				}
				if n := strings.Count(log.String(), "the spool cannot be written"); n != 1 {
					t.Errorf("it was said %d times that the spool cannot be written:\n%s", n, log.String())
				}
				if n := strings.Count(log.String(), "the spool can be written again"); n != 1 {
					t.Error("it was said", n, "times that it can be again")
				}
			})
		})
	}
}

// lockedBuffer is a log that several goroutines write to while it is read.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// That what is settled cannot be noted is said once a minute, not with each event.
func TestNotesThatCannotBeWrittenDoNotFillTheLog(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() { signal.Reset(os.Signal(syscall.SIGXFSZ)) })
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		var up atomic.Bool
		rig := flowtest.Start(t, spooledFlow(folder, ""), options(flowtest.Options{Log: slog.New(slog.NewTextHandler(&log, nil)),
			Fail: func(string, *pipeline.Event, int) error {
				if up.Load() {
					return nil
				}
				return errDown
			}}))
		for i := range 3000 {
			rig.Feed.Send(fmt.Sprint(i), "{}")
		}
		synctest.Wait()
		grow := limitFiles(t, 100)
		up.Store(true)
		time.Sleep(10 * time.Minute)
		if n := log.count("cannot be noted"); n < 1 || n > 11 {
			t.Error("it was said", n, "times that it cannot be noted what is settled")
		}
		grow()
		rig.Feed.Send("last", "{}")
		synctest.Wait()
		if err := rig.Stop(); err != nil || waiting(rig) != 0 {
			t.Error(err, waiting(rig))
		}
		if n := log.count("can be noted again"); n != 1 {
			t.Error("it was said", n, "times that it can be again")
		}
	})
}

// limitFiles lets no file of this process become larger, until grow is called.
func limitFiles(t *testing.T, size uint64) (grow func()) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limited := before
	limited.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited); err != nil {
		t.Fatal(err)
	}
	grow = func() { _ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(grow)
	return grow
}
