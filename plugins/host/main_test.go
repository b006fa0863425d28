package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins"
	"github.com/leat-io/leat/plugins/proto"
)

// TestMain is two programs: the tests, and the plugin that they start.
func TestMain(m *testing.M) {
	if os.Getenv(proto.Handshake.MagicCookieKey) != "" {
		play(os.Args[1:])
		return
	}
	goleak.VerifyTestMain(m)
}

// play is the plugin, whose first argument says what is special about it.
func play(args []string) {
	switch mode(args) {
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot open the list of stations")
		os.Exit(3)
	case "chatter":
		fmt.Println("hello, I am not a plugin")
	case "version":
		fmt.Println("1|7|unix|/tmp/x|grpc|")
		time.Sleep(time.Minute)
	case "elsewhere":
		fmt.Println("1|1|unix|/tmp/x|grpc|")
		time.Sleep(time.Minute)
	case "silent":
		time.Sleep(time.Minute)
	case "hostile":
		playHostile(args[1:])
	default:
		plugins.ServeConfigured(func(_ context.Context, c settings) (plugins.Handler, error) {
			return c.handler()
		})
	}
}

func mode(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// settings are those of the plugin.
type settings struct {
	Zones map[string]int `json:"zones"`
	Log   string         `json:"log"` // a file that gets a line for every event
}

func (s settings) handler() (plugins.Handler, error) {
	var wrong []error
	for name, hours := range s.Zones {
		if hours <= 0 {
			wrong = append(wrong, plugins.FieldError("zones."+name, "want hours above 0"))
		}
	}
	return s.handle, errors.Join(wrong...)
}

// handle does what the payload says: a word, then an argument.
func (s settings) handle(ctx context.Context, e *plugins.Event) ([]*plugins.Event, error) {
	word, arg, _ := strings.Cut(string(e.Payload()), " ")
	s.note(e)
	switch word {
	case "drop":
		return nil, plugins.Drop(arg)
	case "reject":
		return nil, plugins.Reject(errors.New(arg))
	case "retry":
		return nil, plugins.RetryAfter(errors.New(arg), 3*time.Second)
	case "fail":
		return nil, errors.New(arg)
	case "panic":
		panic(arg)
	case "crash":
		fmt.Fprintln(os.Stderr, "out of stations:", arg)
		os.Exit(2)
	case "slow":
		d, _ := time.ParseDuration(arg)
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	case "half": // handled, when its time is up
		<-ctx.Done()
		return nil, nil
	case "deaf": // to its context
		d, _ := time.ParseDuration(arg)
		time.Sleep(d)
	case "split":
		return []*plugins.Event{e.Child([]byte("one")), e.Child([]byte("two"))}, nil
	case "change":
		e.ID, e.Key, e.Type, e.Time = "new id", "new key", "new type", time.Unix(1e9, 5).UTC()
		e.SetMeta("leat.test", e.Meta("given")+"!")
		e.SetPayload([]byte("new payload"))
	case "name":
		e.SetPayload([]byte(os.Args[2]))
	case "late":
		time.AfterFunc(300*time.Millisecond, func() { os.Exit(4) })
		<-ctx.Done()
		time.Sleep(time.Second)
	case "cpus":
		e.SetPayload([]byte(strconv.Itoa(runtime.NumCPU())))
	case "spawn":
		sleep := exec.Command("sleep", "60")
		if err := sleep.Start(); err != nil {
			return nil, err
		}
		e.SetPayload([]byte(strconv.Itoa(sleep.Process.Pid)))
	case "freeze":
		freeze()
	case "shout":
		for range 2_000 {
			fmt.Fprintln(os.Stderr, strings.Repeat("x", 5_000))
		}
	case "env":
		e.SetPayload([]byte(strings.Join(os.Environ(), "\n")))
	}
	return []*plugins.Event{e}, nil
}

func (s settings) note(e *plugins.Event) {
	if s.Log == "" {
		return
	}
	f, err := os.OpenFile(s.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, _ = fmt.Fprintf(f, "%s\n", e.ID)
		_ = f.Close()
	}
}

// counts are what happened to a plugin.
type counts struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counts) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[what]++
}

func (c *counts) of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[what]
}

// rig is a host under test.
type rig struct {
	*Host
	t      *testing.T
	counts *counts
	log    *locked
}

// self is the plugin: this very program.
func self(t testing.TB) string {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// newRig makes a host of the plugin with the settings given as YAML.
func newRig(t *testing.T, args []string, yaml string, change ...func(*Config)) *rig {
	c := Defaults
	c.Run, c.Args = self(t), args
	root, problems := conf.Parse([]conf.Source{{Name: "config", Data: []byte(yaml)}}, nil, nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	c.Config.UnmarshalNode(root, problems)
	for _, f := range change {
		f(&c)
	}
	r := &rig{t: t, counts: &counts{n: map[string]int{}}, log: &locked{}}
	r.Host = New(c, Options{
		Flow: "parcels", Name: "plugin", Folder: filepath.Dir(c.Run), Count: r.counts.add,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	r.pace.ping, r.pace.silence = 50*time.Millisecond, 2*time.Second
	r.pace.first, r.pace.longest, r.pace.look = time.Millisecond, 20*time.Millisecond, 10*time.Millisecond
	return r
}

// start starts it, until the end of the test.
func (r *rig) start() *rig {
	r.t.Helper()
	if err := r.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return r
}

func (r *rig) handle(payload string) (*proto.Result, error) {
	return r.Handle(r.t.Context(), pipeline.NewEvent(payload[:min(len(payload), 100)], []byte(payload)))
}

func (r *rig) passes(payload string) {
	r.t.Helper()
	result, err := r.handle(payload)
	if err != nil || len(result.GetEmit().GetEvents()) != 1 {
		r.t.Errorf("%s: got %v, %v; want it to pass", payload, result, err)
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (r *rig) logged() string {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.log.w.String()
}

// pid is the number of the current process, 0 for none.
func (r *rig) pid() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil {
		return 0
	}
	return r.current.process.pid
}

// await polls what a process of its own does, for as long as a busy machine may take.
func (r *rig) await(what string, f func() bool) {
	r.t.Helper()
	for range 3_000 {
		if f() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	r.t.Fatalf("%s: it did not come. The log:\n%s", what, r.logged())
}
