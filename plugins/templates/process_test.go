package templates_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/plugins/proto"
)

// enough is how long anything here may take at most; nothing waits for it.
const enough = time.Minute

// running is a plugin's process, reached as leat reaches it.
type running struct {
	t       *testing.T
	client  *plugin.Client
	process *process
	proto.PluginClient
	conn   *grpc.ClientConn
	ping   func() error
	stderr *buffer
}

// start starts a plugin, which ends with the test.
func (p program) start(t *testing.T) *running {
	t.Helper()
	r, err := p.try(t, proto.Handshake)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stderr.end())
	}
	return r
}

// try is start with a handshake that may not suit.
func (p program) try(t *testing.T, handshake plugin.HandshakeConfig) (*running, error) {
	t.Helper()
	r := &running{t: t, stderr: &buffer{}}
	r.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  handshake,
		Plugins:          plugin.PluginSet{proto.Service: connection{}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		Logger:           hclog.NewNullLogger(),
		Stderr:           r.stderr,
		StartTimeout:     enough,
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			r.process = &process{cmd: exec.Command(p.command[0], p.command[1:]...), gone: make(chan struct{})}
			r.process.cmd.Env = append(append([]string{}, p.env...), cmd.Env...)
			return r.process, r.process.pipe()
		},
	})
	t.Cleanup(r.client.Kill)
	protocol, err := r.client.Client()
	if err != nil {
		return r, err
	}
	conn, err := protocol.Dispense(proto.Service)
	if err != nil {
		return r, err
	}
	r.conn, r.ping = conn.(*grpc.ClientConn), protocol.Ping
	r.PluginClient = proto.NewPluginClient(r.conn)
	return r, nil
}

// mustEnd waits for the end of the process.
func (r *running) mustEnd() {
	r.t.Helper()
	select {
	case <-r.process.gone:
	case <-time.After(enough):
		r.t.Fatalf("the process is still there\n%s", r.stderr.end())
	}
}

// connection hands the connection to a plugin out.
type connection struct{ plugin.NetRPCUnsupportedPlugin }

func (connection) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }

func (connection) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

// process has a standard input that ends when it is told to.
type process struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr io.ReadCloser
	gone           chan struct{}
}

func (p *process) pipe() (err error) {
	testservers.EndWithParent(p.cmd)
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		return err
	}
	p.stderr, err = p.cmd.StderrPipe()
	return err
}

func (p *process) Start(context.Context) error { return p.cmd.Start() }

func (p *process) Wait(context.Context) error {
	defer close(p.gone)
	return p.cmd.Wait()
}

func (p *process) Kill(context.Context) error {
	if err := p.cmd.Process.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func (p *process) Diagnose(context.Context) string { return "" }
func (p *process) Stdout() io.ReadCloser           { return p.stdout }
func (p *process) Stderr() io.ReadCloser           { return p.stderr }
func (p *process) Name() string                    { return p.cmd.Path }

func (p *process) ID() string {
	if p.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(p.cmd.Process.Pid)
}

func (p *process) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// buffer keeps what a process writes.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// end is the last of it.
func (b *buffer) end() string {
	s := b.String()
	return s[max(0, len(s)-2000):]
}
