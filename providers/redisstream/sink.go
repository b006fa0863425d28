package redisstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// Sink adds events to a stream.
var Sink = pipeline.DefineSink("redisstream", SinkConfig{
	Payload: payloadField,
	Label:   true,
}, NewSink)

// NewSink returns a sink that looks at its stream when the pipeline starts. An event is
// settled once Redis has answered with the id of its entry.
func NewSink(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
	s := newSink(c, env.Clock, env.Log)
	env.Uses(c.Files()...)
	env.OnStart(s.start)
	env.OnClose(s.close)
	return s.deliver, nil
}

type sink struct {
	config SinkConfig
	fields []sinkField
	clock  pipeline.Clock
	log    *slog.Logger
	client redisapi.Client
	pipe   *redisapi.Pipe
}

type sinkField struct {
	name string
	of   *pipeline.Expr
}

func newSink(c SinkConfig, clock pipeline.Clock, log *slog.Logger) *sink {
	s := &sink{config: c, clock: clock, log: log}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		x := c.Fields[name]
		s.fields = append(s.fields, sinkField{name, &x})
	}
	return s
}

// start fails when the key holds something else than a stream: nothing could ever be
// added. What may pass is only warned of.
func (s *sink) start(ctx context.Context) (err error) {
	if s.client, err = redisapi.Open(s.config.Settings); err != nil {
		return err
	}
	s.pipe = redisapi.NewPipe(s.client)
	if s.config.Stream == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	kind, err := s.client.Type(ctx, s.config.Stream).Result()
	switch {
	case err != nil:
		s.log.Warn("Redis cannot be asked about the stream: events are tried until it can", "stream", s.config.Stream, "address", s.config.Address(), "error", explained(err))
	case kind != "none" && kind != "stream":
		return fmt.Errorf("the key %s at %s holds a %s: choose another name for the stream, or another database", s.config.Stream, s.config.Address(), kind)
	}
	return nil
}

// deliver adds an entry in a round trip with others.
func (s *sink) deliver(ctx context.Context, e *pipeline.Event) error {
	command, err := s.command(ctx, e)
	if err != nil {
		return pipeline.Reject(err)
	}
	err = added(s.pipe.Do(ctx, command), command)
	if stream := command.Args()[1]; stream != s.config.Stream && noRights(err) {
		return pipeline.Reject(fmt.Errorf("%w: the event has chosen a stream that the user must not write to; give stream_from a fixed prefix, and the user rights on all keys with it", err))
	}
	return err
}

// noRights reports whether the user may add entries, but not to this stream.
func noRights(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer) && redis.HasErrorPrefix(answer, "NOPERM") && !strings.Contains(answer.Error(), "to run the")
}

// added tells what became of an entry. Only what will never change is permanent.
func added(sent error, c *redis.StringCmd) error {
	err := sent
	if err == nil {
		err = c.Err()
	}
	switch {
	case err == nil:
		return nil
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return pipeline.Reject(fmt.Errorf("stream %v: %w", c.Args()[1], explained(err)))
	}
	return fmt.Errorf("stream %v: %w", c.Args()[1], explained(err))
}

// maxValue is the largest value that Redis takes. It ends the connection over larger
// ones, and with that the commands of others.
const maxValue = 512 << 20

// command makes the XADD of an event.
func (s *sink) command(ctx context.Context, e *pipeline.Event) (*redis.StringCmd, error) {
	stream, err := s.streamOf(e)
	if err != nil {
		return nil, err
	}
	payload, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	if len(payload) >= maxValue {
		return nil, fmt.Errorf("the payload has %d bytes, and a field of Redis less than 512MiB", len(payload))
	}
	args := append(s.config.head(stream, s.clock.Now()), s.config.Payload, payload)
	if s.config.Label {
		args = append(args, labelField, e.AppendLabel(nil))
	}
	for _, f := range s.fields {
		value, err := f.of.TextOrNone(e)
		if err != nil {
			return nil, fmt.Errorf("fields: %s: %w", f.name, err)
		}
		if value != "" {
			args = append(args, f.name, value)
		}
	}
	return redis.NewStringCmd(ctx, args...), nil
}

func (s *sink) streamOf(e *pipeline.Event) (string, error) {
	if s.config.StreamFrom.IsZero() {
		return s.config.Stream, nil
	}
	name, err := s.config.StreamFrom.TextOrNone(e)
	if err != nil {
		return "", fmt.Errorf("stream_from: %w", err)
	}
	if name == "" {
		name = s.config.Stream
	}
	if name == "" {
		return "", errors.New("stream_from gives no stream for this event, and there is no setting stream for such ones")
	}
	return name, nil
}

// head is a command up to its fields.
func (c *SinkConfig) head(stream string, now time.Time) []any {
	args := make([]any, 0, 16)
	args = append(args, "xadd", stream)
	switch {
	case c.MaxLen > 0:
		args = append(args, "maxlen", "~", c.MaxLen)
	case c.MaxAge > 0:
		args = append(args, "minid", "~", strconv.FormatInt(max(0, now.Add(-c.MaxAge).UnixMilli()), 10))
	}
	return append(args, "*")
}

// close ends what nobody can be waiting for any more.
func (s *sink) close() error {
	if s.client == nil {
		return nil
	}
	s.pipe.Close()
	return s.client.Close()
}
