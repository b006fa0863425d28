package plugins

import (
	"context"
	"io"
	"math"
	"os"
	"runtime/debug"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// Serve runs a plugin that has no settings. It returns never: the process ends when leat
// wants it to, or is gone. What the plugin writes to standard error, and to standard
// output, comes into leat's log.
func Serve(h Handler) { serve(plain(h)) }

// ServeConfigured runs a plugin that has settings: open gets those under config in
// pipeline.yaml, decoded from JSON into a C, and returns the handler. An unknown setting
// is an error; what else is wrong with them open says with [FieldError].
func ServeConfigured[C any](open func(ctx context.Context, config C) (Handler, error)) {
	serve(configured(open))
}

func serve(p plugin) {
	if os.Getenv(proto.Handshake.MagicCookieKey) == proto.Handshake.MagicCookieValue {
		go endWithHost()
		collectLess()
	}
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: proto.Handshake,
		Plugins:         goplugin.PluginSet{proto.Service: &service{plugin: p, stderr: os.Stderr}},
		GRPCServer: func(o []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(o, serverOptions()...)...)
		},
		Logger: hclog.NewNullLogger(),
	})
}

func serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(wire.Codec{}),
		grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.InitialWindowSize(window), grpc.InitialConnWindowSize(window),
	}
}

// window is how many bytes may be under way before they are acknowledged; the default of
// gRPC is less than a batch.
const window = 4 << 20

// endWithHost ends the process when leat is gone: it holds the other end of standard
// input, and writes nothing there.
func endWithHost() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// collectLess has the garbage collector run less often: a plugin has little in memory and
// takes in and gives out much.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}

// version is that of the plugin's own module, as far as Go has recorded it.
func version() (name, version string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", ""
	}
	return info.Path, info.Main.Version
}
