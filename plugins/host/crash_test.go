package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/race"
	"github.com/leat-io/leat/pipeline"
)

func TestAnEventThatCrashesThePluginIsFound(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	var passed, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			payload := fmt.Sprintf("slow 1ms %d", i)
			if i == 137 {
				payload = "crash of 137"
			}
			_, err := r.handle(payload)
			switch {
			case err == nil:
				passed.Add(1)
			case pipeline.Rejected(err) && i == 137:
				refused.Add(1)
				if text := err.Error(); !strings.Contains(text, "exit status 2; it wrote last:\n  out of stations: of 137") {
					t.Errorf("the verdict is %v", err)
				}
			default:
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	all.Wait()
	if passed.Load() != 299 || refused.Load() != 1 {
		t.Errorf("%d passed and %d were rejected", passed.Load(), refused.Load())
	}
	if n := r.counts.of("crashes"); n < 3 || n > 13 {
		t.Errorf("it took %d crashes to find it", n)
	}
	r.passes("echo")
}

func TestASecondCulpritIsFoundToo(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			payload := fmt.Sprintf("echo %d", i)
			if i%20 == 7 {
				payload = fmt.Sprintf("crash %d", i)
			}
			if _, err := r.handle(payload); pipeline.Rejected(err) != (i%20 == 7) {
				t.Errorf("%s: %v", payload, err)
			}
		})
	}
	all.Wait()
	if n := r.counts.of("culprits"); n != 3 {
		t.Errorf("%d culprits", n)
	}
}

func TestABrokenPluginStopsTheFlowAndRejectsFewEvents(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	ctx, cancel := context.WithCancel(t.Context())
	var rejected, returned atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			_, err := r.Handle(ctx, pipeline.NewEvent(fmt.Sprint(i), []byte("crash always")))
			if pipeline.Rejected(err) {
				rejected.Add(1)
			} else if errors.Is(err, context.Canceled) {
				returned.Add(1)
			}
		})
	}
	r.await("a storm", func() bool { return strings.Contains(r.logged(), "dies again and again") })
	cancel()
	all.Wait()
	if rejected.Load() > longestRow || rejected.Load()+returned.Load() != 6 {
		t.Errorf("%d rejected, %d returned", rejected.Load(), returned.Load())
	}
}

func TestABrokenPluginWithManyEventsIsNotStartedAllTheTime(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() { _, _ = r.Handle(ctx, pipeline.NewEvent(fmt.Sprint(i), []byte("crash always"))) })
	}
	r.await("a storm", func() bool { return strings.Contains(r.logged(), "dies again and again") })
	if n := r.counts.of("crashes"); n > 40 {
		t.Errorf("it died %d times before that was said", n)
	}
	cancel()
	all.Wait()
}

func TestAnEventThatHangsThePluginIsFound(t *testing.T) {
	short := func(c *Config) { c.Timeout = 200 * time.Millisecond }
	r := newRig(t, nil, "{}", short)
	r.pace.silence = 300 * time.Millisecond
	r.start()
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			payload := fmt.Sprintf("echo %d", i)
			if i == 5 {
				payload = "freeze"
			}
			_, err := r.handle(payload)
			if pipeline.Rejected(err) != (i == 5) {
				t.Errorf("%s: %v", payload, err)
			}
			if i == 5 && (err == nil || !strings.Contains(err.Error(), "it does not answer any more")) {
				t.Errorf("the verdict is %v", err)
			}
		})
	}
	all.Wait()
}

func TestAnEventThatTakesTooLongComesBack(t *testing.T) {
	short := func(c *Config) { c.Timeout = 50 * time.Millisecond }
	r := newRig(t, nil, "{}", short).start()
	pid := r.pid()
	for _, payload := range []string{"slow 10s", "half", "deaf 400ms"} {
		_, err := r.handle(payload)
		if err == nil || pipeline.Rejected(err) || !strings.Contains(err.Error(), "longer than 50ms") {
			t.Errorf("%s: %v", payload, err)
		}
		r.passes("echo")
	}
	if r.pid() != pid || r.counts.of("crashes") != 0 {
		t.Error("it was ended, although it answered that it lives")
	}
	if n := r.counts.of("timeouts"); n != 3 {
		t.Errorf("%d timeouts", n)
	}
}

func TestAnEventThatCrashesThePluginAfterItsTimeIsFound(t *testing.T) {
	short := func(c *Config) { c.Timeout = 50 * time.Millisecond }
	r := newRig(t, []string{"late"}, "{}", short).start()
	for range 20 {
		_, err := r.handle("late")
		if pipeline.Rejected(err) {
			return
		}
		r.await("another process", func() bool { return r.pid() != 0 })
		r.passes("echo")
	}
	t.Error("it was not found")
}

func TestKilledAtAnyTimeNothingIsLost(t *testing.T) {
	const atOnce = 500
	events, every := race.Fewer(race.Fewer(50_000)), 200*time.Millisecond
	log := filepath.Join(t.TempDir(), "handled")
	r := newRig(t, nil, fmt.Sprintf("{log: %q}", log)).start()
	stop := make(chan struct{})
	var killing, all sync.WaitGroup
	killing.Go(func() { r.killEvery(every, stop) })
	free := make(chan struct{}, atOnce)
	for i := range events {
		free <- struct{}{}
		all.Go(func() {
			r.passes(fmt.Sprintf("echo %d", i))
			<-free
		})
	}
	all.Wait()
	close(stop)
	killing.Wait()
	r.handledOnce(log, events, atOnce)
}

// handledOnce looks at what the plugin has written down: all events, and of those that
// were under way when it was killed perhaps twice.
func (r *rig) handledOnce(log string, events, atOnce int) {
	r.t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		r.t.Fatal(err)
	}
	lines := strings.Fields(strings.ReplaceAll(string(text), "echo ", ""))
	distinct := map[string]bool{}
	for _, line := range lines {
		distinct[line] = true
	}
	again, crashes := len(lines)-len(distinct), r.counts.of("crashes")
	if len(distinct) != events || again > crashes*atOnce || crashes == 0 {
		r.t.Errorf("%d of %d events were handled, %d again, in %d crashes", len(distinct), events, again, crashes)
	}
}

// killEvery kills the process again and again.
func (r *rig) killEvery(d time.Duration, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(d):
		}
		r.mu.Lock()
		if k := r.current; k != nil {
			k.process.kill(errors.New("killed by the test"))
		}
		r.mu.Unlock()
	}
}

func TestTheLogHidesSecretsAndIsNotFlooded(t *testing.T) {
	r := newRig(t, nil, "{}", func(c *Config) { c.Env = map[string]conf.Secret{"TOKEN": "hidden-token"} }).start()
	r.passes("shout")
	if _, err := r.handle("crash with hidden-token"); err == nil || strings.Contains(err.Error(), "hidden-token") {
		t.Errorf("got %v", err)
	}
	log := r.logged()
	if strings.Contains(log, "hidden-token") || !strings.Contains(log, "out of stations: with [redacted]") {
		t.Error("the log shows the secret, or not the line")
	}
	if lines := strings.Count(log, "msg=plugin "); lines > 3*linesBurst {
		t.Errorf("%d lines were logged", lines)
	}
}

func TestAnotherFileIsNotRun(t *testing.T) {
	content, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	right := func(c *Config) { c.SHA256 = hex.EncodeToString(sum[:]) }
	r := newRig(t, nil, "{}", right).start()
	r.passes("echo")
	r.current.process.kill(errors.New("killed by the test"))
	r.passes("echo") // the digest is checked again
	if copies, _ := filepath.Glob(filepath.Join(r.folder.path, "*-*")); len(copies) > 2 {
		t.Errorf("in its folder are %v, want one copy and what go-plugin made", copies)
	}
	wrong := func(c *Config) { c.SHA256 = strings.Repeat("ab", 32) }
	if err := newRig(t, nil, "{}", wrong).Check(t.Context()); !errors.Is(err, errDigest) {
		t.Errorf("got %v", err)
	}
}

func TestAPluginLiesBelowThePluginFolder(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "plain"), 0o600)
	write(t, filepath.Join(folder, "fine"), 0o700)
	write(t, filepath.Join(elsewhere, "other"), 0o700)
	if err := os.Symlink(filepath.Join(elsewhere, "other"), filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	for run, want := range map[string]string{
		"fine":    "",
		"plain":   "chmod +x",
		"missing": "there is no file",
		"link":    "is not below the plugin folder",
		"../" + filepath.Base(elsewhere) + "/other": "is not below the plugin folder",
		".": "is not below the plugin folder",
	} {
		_, err := locate(filepath.Join(folder, run), folder)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", run, err, want)
		}
	}
}

func write(t *testing.T, path string, mode os.FileMode) {
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
}

func TestLeftoversOfOthersAreSwept(t *testing.T) {
	temp := shortTemp(t)
	used, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer used.remove()
	left := filepath.Join(temp, folderPrefix+"left")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.remove()
	if _, err := os.Stat(left); err == nil {
		t.Error("what was left behind is still there")
	}
	if _, err := os.Stat(used.path); err != nil {
		t.Error("what is used was removed")
	}
	if info, _ := os.Stat(fresh.path); info.Mode().Perm() != 0o700 {
		t.Errorf("others may enter: %v", info.Mode())
	}
}

func TestMemoryIsLimited(t *testing.T) {
	r := newRig(t, nil, "{}", func(c *Config) { c.Memory = 1 << 20 })
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.await("an end", func() bool { return strings.Contains(r.logged(), "of memory, and may use 1MiB") })
}

func TestProcessorsAreLimited(t *testing.T) {
	r := newRig(t, nil, "{}", func(c *Config) { c.CPUs = 1 }).start()
	result, err := r.handle("cpus")
	if err != nil || string(result.GetEmit().GetEvents()[0].Payload) != "1" {
		t.Errorf("got %v, %v", result, err)
	}
}

func TestWhatThePluginStartsEndsWithIt(t *testing.T) {
	r := newRig(t, nil, "{}").start()
	result, err := r.handle("spawn")
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(result.GetEmit().GetEvents()[0].Payload), &pid); err != nil {
		t.Fatal(err)
	}
	r.current.process.kill(errors.New("killed by the test"))
	r.passes("echo")
	r.await("its end", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

func TestReplacedWhileItRuns(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "plugin")
	install(t, path, "one")
	r := newRig(t, nil, "{}", func(c *Config) { c.Run, c.Watch = path, true })
	r.options.Folder = folder
	r.start()
	stop := make(chan struct{})
	var traffic sync.WaitGroup
	for i := range 20 {
		traffic.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				case <-t.Context().Done():
					return
				default:
					r.passes(fmt.Sprintf("slow 1ms %d.%d", i, n))
				}
			}
		})
	}
	for _, name := range []string{"two", "broken", "three"} {
		install(t, path, name)
		want := name
		if name == "broken" {
			r.await("a refusal", func() bool { return r.counts.of("replacements_failed") > 0 })
			want = "two"
		}
		r.await(want, func() bool { return r.name() == want })
	}
	close(stop)
	traffic.Wait()
	if n := r.counts.of("crashes"); n != 0 {
		t.Errorf("%d crashes", n)
	}
	if n := r.counts.of("replacements"); n != 2 {
		t.Errorf("%d replacements", n)
	}
}

func TestAFileThatIsNotWatchedIsLookedAtWhenAsked(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "plugin")
	install(t, path, "one")
	r := newRig(t, nil, "{}", func(c *Config) { c.Run = path })
	r.options.Folder = folder
	r.start()
	install(t, path, "two")
	if r.name() != "one" {
		t.Error("it was replaced although nobody asked")
	}
	r.Look()
	r.await("two", func() bool { return r.name() == "two" })
	if n := r.counts.of("replacements"); n != 1 {
		t.Errorf("%d replacements", n)
	}
}

// install puts a plugin of the given name in the place of another.
func install(t *testing.T, path, name string) {
	t.Helper()
	script := fmt.Sprintf("#!/bin/sh\nexec %s named %s\n", self(t), name)
	if name == "broken" {
		script = "#!/bin/sh\necho broken >&2; exit 1\n"
	}
	if err := os.WriteFile(path+".new", []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// name asks the plugin for its name.
func (r *rig) name() string {
	result, err := r.handle("name")
	if err != nil {
		return err.Error()
	}
	return string(result.GetEmit().GetEvents()[0].Payload)
}
