package testservers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Redis is a redis-server that keeps everything in memory: it has forgotten all when
// it is started again.
type Redis struct {
	t      testing.TB // nil outside of tests
	port   string
	args   []string
	folder string

	mu   sync.Mutex
	cmd  *exec.Cmd     // nil: it does not run
	gone chan struct{} // closed when it has ended
}

var (
	sharedRedis   *Redis
	sharedRedisMu sync.Mutex
)

// RedisURL returns the URL of a running redis-server that serves all tests of the
// process: each uses keys of its own. It needs redis-server on the PATH.
func RedisURL(t testing.TB) string {
	t.Helper()
	sharedRedisMu.Lock()
	defer sharedRedisMu.Unlock()
	if sharedRedis == nil {
		sharedRedis = startRedis(t, nil)
	}
	return sharedRedis.URL()
}

// StartRedis starts a server for this test alone, with more arguments. It ends with
// the test.
func StartRedis(t testing.TB, args ...string) *Redis {
	t.Helper()
	r := startRedis(t, args)
	t.Cleanup(r.End)
	return r
}

// StartRedisWith starts one that reads its settings from a file as well.
func StartRedisWith(t testing.TB, file string, args ...string) *Redis {
	t.Helper()
	return StartRedis(t, append([]string{file}, args...)...)
}

func startRedis(t testing.TB, args []string) *Redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		skip(t, errors.New("there is no redis-server here: install Debian's redis-server (make test does)"))
	}
	r, err := LaunchRedis(args...)
	if err != nil {
		t.Fatal(err)
	}
	r.t = t
	return r
}

// LaunchRedis starts a server outside of a test. The caller ends it.
func LaunchRedis(args ...string) (*Redis, error) {
	folder, err := os.MkdirTemp("", "leat-redis-")
	if err != nil {
		return nil, err
	}
	r := &Redis{args: args, folder: folder}
	for range 3 { // between finding a port and listening on it somebody else may take it
		if r.port, err = freePort(); err == nil {
			if err = r.Restart(); err == nil {
				return r, nil
			}
		}
	}
	r.End()
	return nil, err
}

// URL is where the server is reached.
func (r *Redis) URL() string { return "redis://" + r.Address() }

// Address is its host and port.
func (r *Redis) Address() string { return net.JoinHostPort("127.0.0.1", r.port) }

// Start starts the server again, empty, where it was.
func (r *Redis) Start() {
	r.t.Helper()
	if err := r.Restart(); err != nil {
		r.t.Fatal(err)
	}
}

// Restart is Start outside of a test.
func (r *Redis) Restart() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	cmd := exec.Command("redis-server", r.arguments()...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	EndWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	r.cmd, r.gone = cmd, gone
	if err := r.await(); err != nil {
		log, _ := os.ReadFile(filepath.Join(r.folder, "log"))
		r.kill()
		return fmt.Errorf("start redis-server: %w; it wrote:\n%s", err, log)
	}
	return nil
}

// arguments have the file of settings first, if there is one. A sentinel keeps nothing
// that could be saved.
func (r *Redis) arguments() []string {
	own := []string{"--port", r.port, "--bind", "127.0.0.1", "--dir", r.folder, "--logfile", filepath.Join(r.folder, "log")}
	if !slices.Contains(r.args, "--sentinel") {
		own = append(own, "--save", "", "--appendonly", "no")
	}
	if len(r.args) > 0 && !strings.HasPrefix(r.args[0], "-") {
		return slices.Concat(r.args[:1], own, r.args[1:])
	}
	return append(own, r.args...)
}

// await polls until the server answers a PING.
func (r *Redis) await() error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-poll.C {
		select {
		case <-r.gone:
			return errors.New("it has ended")
		default:
		}
		if pings(r.Address()) {
			return nil
		}
	}
	return fmt.Errorf("it does not answer at %s after %s", r.Address(), patience)
}

func pings(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return false
	}
	var answer [1]byte // "+PONG", or an error of a server that wants a password
	_, err = io.ReadFull(c, answer[:])
	return err == nil
}

// Kill ends the server as a power failure would.
func (r *Redis) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kill()
}

func (r *Redis) kill() {
	if r.cmd != nil {
		_ = r.cmd.Process.Kill()
		<-r.gone
		r.cmd = nil
	}
}

// End ends the server for good.
func (r *Redis) End() {
	r.Kill()
	_ = os.RemoveAll(r.folder)
}

func stopSharedRedis() {
	sharedRedisMu.Lock()
	defer sharedRedisMu.Unlock()
	if sharedRedis != nil {
		sharedRedis.End()
		sharedRedis = nil
	}
}
