package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

func TestOutcomes(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	r.passes("echo")
	if result, err := r.handle("drop it is old"); err != nil || result.GetDrop().GetReason() != "it is old" {
		t.Errorf("drop: got %v, %v", result, err)
	}
	if _, err := r.handle("reject no station"); !pipeline.Rejected(err) || err.Error() != "no station" {
		t.Errorf("reject: got %v", err)
	}
	if _, err := r.handle("retry busy"); err == nil || pipeline.Rejected(err) || err.Error() != "busy" {
		t.Errorf("retry: got %v", err)
	}
	if _, err := r.handle("fail away"); err == nil || pipeline.Rejected(err) || err.Error() != "away" {
		t.Errorf("fail: got %v", err)
	}
	if _, err := r.handle("panic at once"); !pipeline.Rejected(err) || !strings.Contains(err.Error(), "panic: at once") {
		t.Errorf("panic: got %v", err)
	}
	if result, err := r.handle("split"); err != nil || len(result.GetEmit().GetEvents()) != 2 {
		t.Errorf("split: got %v, %v", result, err)
	}
	if n := r.counts.of("crashes"); n != 0 {
		t.Errorf("%d crashes", n)
	}
}

func TestAnUnchangedEventDoesNotTravelBack(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	result, err := r.handle("echo")
	if err != nil {
		t.Fatal(err)
	}
	if o := result.GetEmit().GetEvents()[0]; o.Payload != nil || o.Id != nil || o.Time != nil {
		t.Errorf("got %v, want nothing", o)
	}
}

func TestASlowEventHoldsUpNoOther(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	var slow sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	slow.Go(func() {
		_, err := r.Handle(ctx, pipeline.NewEvent("slow", []byte("slow 1m")))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the slow one: %v", err)
		}
	})
	for range 100 {
		r.passes("echo")
	}
	cancel()
	slow.Wait()
}

func TestWrongSettingsAreRefusedWithTheirPlace(t *testing.T) {
	for yaml, want := range map[string]string{
		"{zones: {DE: 0, FR: 24}}": "config.zones.DE: want hours above 0",
		"{zones: {DE: soon}}":      "config.zones: want a whole number, not text",
		"{zone: {DE: 5}}":          "config.zone: the plugin knows no setting of this name",
	} {
		err := newRig(t, nil, yaml).Check(t.Context())
		var refusal *Refusal
		if !errors.As(err, &refusal) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", yaml, err, want)
		}
	}
	if err := newRig(t, nil, "{zones: {DE: 12}}").Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatDoesNotStartSaysWhy(t *testing.T) {
	for mode, want := range map[string]string{
		"exit":      "exit status 3; it wrote last:\n  cannot open the list of stations",
		"chatter":   "the first line of its standard output is not that of a plugin of leat",
		"version":   "it speaks version 7 of the contract, and this leat version 1",
		"elsewhere": "a socket that is not one in the folder",
		"silent":    "it did not start within 500ms",
	} {
		t.Run(mode, func(t *testing.T) {
			r := newRig(t, []string{mode}, "{}")
			if mode == "silent" { // the others say what is wrong, however busy the machine is
				r.config.StartTimeout = 500 * time.Millisecond
			}
			err := r.Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to contain %q", err, want)
			}
		})
	}
}

func TestThePluginDoesNotGetTheEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "abc")
	t.Setenv("LC_TIME", "C")
	r := newRig(t, nil, "{}", func(c *Config) { c.Env = map[string]conf.Secret{"TOKEN": "xyz"} }).start()
	result, err := r.handle("env")
	if err != nil {
		t.Fatal(err)
	}
	env := string(result.GetEmit().GetEvents()[0].Payload)
	if strings.Contains(env, "AWS_SECRET") || !strings.Contains(env, "TOKEN=xyz") || !strings.Contains(env, "LC_TIME=C") {
		t.Errorf("the plugin's environment is\n%s", env)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	temp := shortTemp(t)
	r := newRig(t, nil, "{}")
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := r.current.process.pid
	r.passes("echo")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(temp); len(entries) > 0 {
		t.Errorf("left in the folder for temporary files: %v", entries)
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
		t.Errorf("process %d is still there", pid)
	}
}

func TestAnEventThatIsTooLargeIsRejected(t *testing.T) {
	r := newRig(t, nil, "{}", func(c *Config) { c.MaxMessage = 1 << 20 }).start()
	if _, err := r.handle("echo " + strings.Repeat("x", 1<<20)); !pipeline.Rejected(err) {
		t.Errorf("got %v", err)
	}
	r.passes("echo " + strings.Repeat("x", 1<<20-1000))
}

// shortTemp makes a folder for temporary files whose path is short enough for sockets.
func shortTemp(t *testing.T) string {
	temp, err := os.MkdirTemp("", "lt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	t.Setenv("TMPDIR", temp)
	return temp
}
