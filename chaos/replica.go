package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"text/template"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/internal/testservers"
)

const (
	// replicaMark in the environment makes a copy of this program a leat.
	replicaMark   = "LEAT_CHAOS_REPLICA"
	replicaHeader = "X-Replica"
)

func isReplica() bool { return os.Getenv(replicaMark) != "" }

// replicaMain is leat with one more stage, to compare with.
func replicaMain() int {
	catalog := cli.StandardCatalog()
	catalog.Stages = append(catalog.Stages, early)
	return cli.Main(catalog)
}

var pipelineFile = template.Must(template.New("").Parse(`
version: 1
state: { {{.State}} }
stop_timeout: 20s
flows:
  parcels:
    from: {sqs: {queue: events, endpoint: "{{.Queue}}", region: us-east-1, access_key_id: chaos}}
    max_in_flight: {{.InFlight}}
    max_held: {{.Held}}
    stages:
      - identify: {id: body.id, key: body.key, time: body.at}
      - {{.Dedupe}}
      - reorder: {window: {{.Window}}}
    to: out
    on_error: {retry: {backoff: 50ms..1s}}
sinks:
  out: {http: {url: "{{.Sink}}", headers: {x-replica: "{{.Number}}"}}}
`))

// settings fill in the pipeline of a replica.
type settings struct {
	State, Queue, Sink, Dedupe string
	InFlight, Held, Number     int
	Window                     time.Duration
}

// replica is a place where a leat process runs, one after another.
type replica struct {
	folder string
	cmd    *exec.Cmd
	ended  chan struct{}
}

func newReplica(folder string, s settings) (*replica, error) {
	r := &replica{folder: filepath.Join(folder, fmt.Sprint("replica", s.Number))}
	var text bytes.Buffer
	if err := pipelineFile.Execute(&text, s); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.folder, 0o755); err != nil {
		return nil, err
	}
	return r, os.WriteFile(filepath.Join(r.folder, "pipeline.yaml"), text.Bytes(), 0o600)
}

func (r *replica) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	said, err := os.OpenFile(filepath.Join(r.folder, "said"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer said.Close()
	r.cmd = exec.Command(program, "run")
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = r.folder, said, said
	r.cmd.Env = append(os.Environ(), replicaMark+"=1", "GORACE=atexit_sleep_ms=1")
	testservers.EndWithParent(r.cmd)
	if err := r.cmd.Start(); err != nil {
		return err
	}
	r.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(r.cmd, r.ended)
	return nil
}

func (r *replica) signal(s syscall.Signal) { _ = r.cmd.Process.Signal(s) }

// kill ends the process as a power failure would.
func (r *replica) kill() {
	r.signal(syscall.SIGKILL)
	<-r.ended
}

// stop asks the process to end.
func (r *replica) stop(patience time.Duration) error {
	r.signal(syscall.SIGTERM)
	select {
	case <-r.ended:
	case <-time.After(patience):
		return fmt.Errorf("%s does not stop within %s", filepath.Base(r.folder), patience)
	}
	if code := r.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with exit code %d and said:\n%s", filepath.Base(r.folder), code, r.lastWords())
	}
	return nil
}

func (r *replica) running() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

func (r *replica) lastWords() string {
	text, _ := os.ReadFile(filepath.Join(r.folder, "said"))
	return string(text[max(0, len(text)-3000):])
}
