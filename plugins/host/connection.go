package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// connection is a plugin that has been started, has taken its settings and can be given
// events.
type connection struct {
	process *process
	client  *goplugin.Client
	conn    *grpc.ClientConn
	stream  grpc.BidiStreamingClient[proto.Work, proto.Results]
	lasting context.Context // of the stream
	cancel  context.CancelFunc
	about   string // the plugin's name and version
}

// remote is what go-plugin is asked for: the connection.
type remote struct {
	goplugin.NetRPCUnsupportedPlugin
}

func (remote) GRPCServer(*goplugin.GRPCBroker, *grpc.Server) error {
	return errors.New("this is leat's side")
}

func (remote) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return c, nil
}

// connect starts the plugin. What it could not do says why, with what the plugin wrote.
func (h *Host) connect(outer context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(outer, h.config.StartTimeout)
	defer cancel()
	c, err := h.prepare()
	if err != nil {
		return nil, err
	}
	// Nothing that go-plugin does has an end of its own; all of it ends with the process.
	stop := context.AfterFunc(ctx, func() { c.end(fmt.Errorf("it did not start within %s", h.config.StartTimeout)) })
	err = c.open(ctx, h)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return c, nil
	}
	err = h.notStarted(c, err)
	if outer.Err() != nil {
		err = fmt.Errorf("stopped while %s was started: %w", h.config.Run, outer.Err())
	}
	return nil, err
}

// prepare makes a start ready: each has a digest, certificates and a folder of its own.
func (h *Host) prepare() (*connection, error) {
	path, err := locate(h.config.Run, h.options.Folder)
	if err != nil {
		return nil, err
	}
	run, err := verified(path, h.config.digest(), h.folder.path)
	if err != nil {
		return nil, pipeline.FieldError("run", "%s: %w", h.config.Run, err)
	}
	cmd := &exec.Cmd{Path: run, Args: append([]string{path}, h.config.Args...), Env: environ(h.config.Env)}
	c := &connection{process: newProcess(cmd, limits{int64(h.config.Memory), h.config.CPUs}, newOutput(h.log, h.secrets))}
	c.lasting, c.cancel = context.WithCancel(context.Background())
	c.client = goplugin.NewClient(h.clientConfig(c.process))
	return c, nil
}

func (h *Host) clientConfig(p *process) *goplugin.ClientConfig {
	return &goplugin.ClientConfig{
		HandshakeConfig: proto.Handshake,
		Plugins:         goplugin.PluginSet{proto.Service: remote{}},
		RunnerFunc: func(_ hclog.Logger, told *exec.Cmd, socketDir string) (runner.Runner, error) {
			p.cmd.Env, p.folder = append(p.cmd.Env, told.Env...), socketDir
			return p, nil
		},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         h.config.TLS,
		SkipHostEnv:      true,
		StartTimeout:     h.config.StartTimeout,
		Logger:           hclog.NewNullLogger(),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: h.folder.path},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(int(h.config.MaxMessage))),
			grpc.WithInitialWindowSize(window), grpc.WithInitialConnWindowSize(window),
		},
	}
}

// window is how many bytes may be under way before they are acknowledged; the default of
// gRPC is less than a batch.
const window = 4 << 20

func (c *connection) open(ctx context.Context, h *Host) error {
	protocol, err := c.client.Client()
	if err != nil {
		return err
	}
	conn, err := protocol.Dispense(proto.Service)
	if err != nil {
		return err
	}
	c.conn = conn.(*grpc.ClientConn)
	service := proto.NewPluginClient(c.conn)
	if err := c.configure(ctx, service, h); err != nil {
		return err
	}
	if err := c.ping(ctx); err != nil {
		return fmt.Errorf("it was asked whether it lives (grpc.health.v1.Health/Check): %w", err)
	}
	c.stream, err = service.Handle(c.lasting, grpc.ForceCodecV2(wire.Codec{}))
	return err
}

func (c *connection) configure(ctx context.Context, service proto.PluginClient, h *Host) error {
	settings, err := h.config.Config.JSON()
	if err != nil {
		return err
	}
	role := proto.Role_ROLE_STAGE
	if h.options.Sink {
		role = proto.Role_ROLE_SINK
	}
	answer, err := service.Configure(ctx, &proto.ConfigureRequest{
		Flow: h.options.Flow, Name: h.options.Name, Role: role, Config: settings,
		TimeoutMs:  uint32(min(h.config.Timeout.Milliseconds(), 1<<31)),
		MaxMessage: uint32(h.config.MaxMessage),
	})
	if err != nil {
		return fmt.Errorf("it was asked to look at its settings: %w", err)
	}
	c.about = strings.TrimSpace(answer.Name + " " + answer.Version)
	if len(answer.Problems) > 0 {
		return refused(answer.Problems)
	}
	return nil
}

// ping asks whether the plugin still answers.
func (c *connection) ping(ctx context.Context) error {
	answer, err := grpc_health_v1.NewHealthClient(c.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: goplugin.GRPCServiceName})
	if err == nil && answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		err = fmt.Errorf("it says that it is %s", answer.Status)
	}
	return err
}

// end kills the plugin.
func (c *connection) end(why error) {
	c.process.kill(why)
	c.cancel()
}

// forget waits for the end of a plugin that was killed or ends by itself, and has
// go-plugin clean up behind it.
func (c *connection) forget() {
	if c.process.started() {
		<-c.process.done
	}
	c.cancel()
	c.client.Kill()
}

// leave asks the plugin, which has nothing to do any more, to end; it is killed when it
// does not.
func (c *connection) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), partingTime)
	defer cancel()
	_ = c.stream.CloseSend()
	_ = c.conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{})
	c.process.release()
	if !c.process.await(partingTime) {
		c.end(errors.New("it did not end when it was asked to"))
	}
	c.forget()
}

// partingTime is how long a plugin may take to end.
const partingTime = 2 * time.Second
