package file

import (
	"context"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// replaceStdin makes standard input a pipe that the test writes into.
func replaceStdin(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = r
	t.Cleanup(func() {
		os.Stdin = before
		r.Close()
		w.Close()
	})
	return w
}

func TestStandardInputIsReadToItsEnd(t *testing.T) {
	w := replaceStdin(t)
	rig := load(t, `"-"`)
	rig.Run()
	io.WriteString(w, "1\n2")
	io.WriteString(w, "3\n\n4")
	w.Close()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	got := inOrder(rig)
	want(t, bodies(got), "1", "23", "4")
	if m := got[2].Meta; m["file.path"] != "-" || m["file.line"] != "4" {
		t.Error(m)
	}
}

func TestStopDoesNotWaitForStandardInput(t *testing.T) {
	w := replaceStdin(t)
	arrived := make(chan struct{}, 1)
	yaml := "version: 1\nflows: {f: {from: {file: \"-\"}, to: out}}\nsinks: {out: record}\n"
	rig := flowtest.Load(t, yaml, flowtest.Options{Catalog: catalog, Fail: func(string, *pipeline.Event, int) error {
		arrived <- struct{}{}
		return nil
	}})
	rig.Run()
	io.WriteString(w, "1\n2")
	<-arrived
	if err := rig.Stop(); err != nil {
		t.Fatal(err)
	}
	want(t, rig.Recorder.Bodies("out"), "1")
}

// A named pipe, too, can be read only once.
func TestNamedPipeIsOpenedOnce(t *testing.T) {
	path := t.TempDir() + "/pipe"
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("SKIPPED: no named pipes here:", err)
	}
	rig := load(t, path)
	rig.Run()
	w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "1\n2\n"); err != nil {
		t.Error(err)
	}
	w.Close()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	want(t, bodies(inOrder(rig)), "1", "2")
}

// hanging is a reader whose reads end when the test lets them.
type hanging struct {
	begun, end chan struct{}
	reads      atomic.Int32
}

func (h *hanging) Read(p []byte) (int, error) {
	h.reads.Add(1)
	close(h.begun)
	<-h.end
	return copy(p, strings.Repeat("late", len(p))), io.EOF
}

// A read that comes back late must not write into memory that is used again.
func TestAbandonedReadTouchesNothing(t *testing.T) {
	h := &hanging{begun: make(chan struct{}), end: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	buf := make([]byte, 8)
	go func() {
		_, err := (&abandonable{ctx: ctx, r: h}).Read(buf)
		done <- err
	}()
	<-h.begun
	cancel()
	if err := <-done; err == nil {
		t.Error("the read was not abandoned")
	}
	close(h.end)
	if string(buf) != "\x00\x00\x00\x00\x00\x00\x00\x00" || h.reads.Load() != 1 {
		t.Errorf("%q", buf)
	}
}
