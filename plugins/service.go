package plugins

import (
	"context"
	"os"
	"sync"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/leat-io/leat/plugins/proto"
)

// service answers leat.
type service struct {
	goplugin.NetRPCUnsupportedPlugin
	proto.UnimplementedPluginServer
	plugin plugin
	stderr *os.File // as it was before go-plugin put a pipe in its place

	mu      sync.Mutex
	handler Handler
	setup   Setup
	most    int // bytes of a message that leat takes
}

// GRPCServer implements [goplugin.GRPCPlugin].
func (s *service) GRPCServer(_ *goplugin.GRPCBroker, g *grpc.Server) error {
	proto.RegisterPluginServer(g, s)
	return nil
}

// GRPCClient implements [goplugin.GRPCPlugin].
func (s *service) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, status.Error(codes.Unimplemented, "this is the plugin's side")
}

// Configure implements the contract.
func (s *service) Configure(ctx context.Context, r *proto.ConfigureRequest) (*proto.ConfigureResponse, error) {
	if s.stderr != nil {
		// What a plugin prints last before it crashes must not be lost in a pipe.
		os.Stdout, os.Stderr = s.stderr, s.stderr
	}
	answer := &proto.ConfigureResponse{}
	answer.Name, answer.Version = version()
	setup := Setup{
		Flow: r.Flow, Name: r.Name, Sink: r.Role == proto.Role_ROLE_SINK,
		Timeout: time.Duration(r.TimeoutMs) * time.Millisecond,
	}
	h, err := s.plugin.handler(context.WithValue(context.WithoutCancel(ctx), setupKey{}, setup), r.Config)
	for _, p := range Problems(err) {
		answer.Problems = append(answer.Problems, &proto.Problem{Path: text(p.Path), Message: text(p.Message)})
	}
	if err == nil {
		s.mu.Lock()
		s.handler, s.setup, s.most = h, setup, int(r.MaxMessage)
		s.mu.Unlock()
	}
	return answer, nil
}

// Handle implements the contract.
func (s *service) Handle(stream grpc.BidiStreamingServer[proto.Work, proto.Results]) error {
	s.mu.Lock()
	h, setup, most := s.handler, s.setup, s.most
	s.mu.Unlock()
	if h == nil {
		return status.Error(codes.FailedPrecondition, "Configure comes first")
	}
	return newSession(context.WithValue(stream.Context(), setupKey{}, setup), h, most).run(stream)
}
