package redisstream

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillredis "github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// BenchmarkSource empties a stream whose entries have 500 bytes, as a flow does and as
// subscribers do. The last of them holds each message for a millisecond, as a sink does
// that is not far away.
func BenchmarkSource(b *testing.B) {
	testservers.RedisURL(b)
	b.Run("leat flow", func(b *testing.B) { benchFlow(b) })
	for _, hold := range []time.Duration{0, time.Millisecond} {
		b.Run(fmt.Sprintf("leat subscriber/hold=%s", hold), func(b *testing.B) {
			drain(b, hold, func(s *redisStream) message.Subscriber {
				c := s.quick()
				c.ClaimAfter, c.MaxInFlight = time.Minute, 1000
				sub, err := NewSubscriber(c, quiet)
				if err != nil {
					b.Fatal(err)
				}
				return sub
			})
		})
		b.Run(fmt.Sprintf("watermill-redisstream/hold=%s", hold), func(b *testing.B) {
			drain(b, hold, func(s *redisStream) message.Subscriber {
				sub, err := watermillredis.NewSubscriber(watermillredis.SubscriberConfig{Client: s.own(), ConsumerGroup: "leat"}, watermill.NopLogger{})
				if err != nil {
					b.Fatal(err)
				}
				return sub
			})
		})
	}
}

// own is a client that somebody else closes.
func (s *redisStream) own() *redis.Client { return redis.NewClient(s.client.Options()) }

// stock adds entries that Watermill's subscriber can read.
func (s *redisStream) stock(n int) {
	s.t.Helper()
	payload := make([]byte, 500)
	for from := 0; from < n; from += 1000 {
		p := s.client.Pipeline()
		for i := from; i < min(n, from+1000); i++ {
			p.XAdd(context.Background(), &redis.XAddArgs{Stream: s.name, Values: []any{uuidField, strconv.Itoa(i), payloadField, payload}})
		}
		if _, err := p.Exec(context.Background()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func drain(b *testing.B, hold time.Duration, subscriber func(*redisStream) message.Subscriber) {
	s := newStream(b)
	s.stock(b.N)
	sub := subscriber(s)
	b.ResetTimer()
	out, err := sub.Subscribe(context.Background(), s.name)
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		m := <-out
		if hold > 0 {
			time.AfterFunc(hold, func() { m.Ack() })
		} else {
			m.Ack()
		}
	}
	eventually(b, "all are acknowledged", s.done)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	_ = sub.Close()
}

// none is a sink that takes everything.
var none = pipeline.DefineSink("none", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
	return func(context.Context, *pipeline.Event) error { return nil }, nil
}).Quick()

func benchFlow(b *testing.B) {
	s := newStream(b)
	s.stock(b.N)
	text := fmt.Sprintf("version: 1\nstate: {scratch: {}}\nflows: {f: {from: {redisstream: {stream: %q, url: %q}}, to: out}}\nsinks: {out: {none: {}}}\n", s.name, s.url)
	b.ResetTimer()
	stop := benchRun(b, text)
	eventually(b, "all are acknowledged", s.done)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	stop()
}

// BenchmarkSink adds entries of 500 bytes, with a thousand events at the same time, and
// as many callers of Watermill's publisher.
func BenchmarkSink(b *testing.B) {
	const callers = 1000
	testservers.RedisURL(b)
	b.Run("leat sink", func(b *testing.B) {
		s := newStream(b)
		c := Sink.Defaults.(SinkConfig)
		c.Stream, c.Settings = s.name, s.quick().Settings
		sink := newSink(c, pipeline.System, quiet)
		if err := sink.start(context.Background()); err != nil {
			b.Fatal(err)
		}
		defer sink.close()
		payload := make([]byte, 500)
		addAll(b, callers, func(n int) error {
			return sink.deliver(context.Background(), pipeline.NewEvent(strconv.Itoa(n), payload))
		})
	})
	b.Run("watermill-redisstream", func(b *testing.B) {
		s := newStream(b)
		pub, err := watermillredis.NewPublisher(watermillredis.PublisherConfig{Client: s.own()}, watermill.NopLogger{})
		if err != nil {
			b.Fatal(err)
		}
		defer pub.Close()
		payload := make([]byte, 500)
		addAll(b, callers, func(n int) error { return pub.Publish(s.name, message.NewMessage(strconv.Itoa(n), payload)) })
	})
}

func addAll(b *testing.B, callers int, add func(n int) error) {
	b.ResetTimer()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := caller; n < b.N; n += callers {
				if err := add(n); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// benchRun runs a flow and returns what stops it.
func benchRun(b *testing.B, text string) (stop func()) {
	b.Helper()
	c := ours()
	c.Sinks = append(c.Sinks, none)
	rig := flowtest.Start(b, text, flowtest.Options{Catalog: c})
	return func() {
		if err := rig.Stop(); err != nil {
			b.Error(err)
		}
	}
}
