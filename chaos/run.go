package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// patience is how long anything is waited for that should happen soon.
const patience = 2 * time.Minute

// rig is everything that runs in a scenario.
type rig struct {
	options  options
	scenario scenario
	random   *rand.Rand
	folder   string
	feed     *feed
	queue    *sqstest.Server
	redis    *testservers.Redis
	client   redisapi.Client
	sink     *recorder
	replicas []*replica

	disturbed int // how often
	spent     spending
	err       error // what went wrong with the rig itself
}

// run lets a scenario happen, and looks at what came of it.
func run(o options, s scenario) (*result, error) {
	g := &rig{options: o, scenario: s, random: rand.New(rand.NewPCG(o.seed, o.seed))}
	defer g.end()
	if err := g.begin(); err != nil {
		return nil, err
	}
	begun := time.Now()
	g.note(g.live(begun))
	fed := time.Since(begun)
	g.note(g.drain())
	drained := time.Since(begun)
	left, err := g.lookForRests()
	g.note(err)
	g.spent.add(g.client)
	for _, r := range g.replicas {
		g.note(r.stop(patience))
	}
	return g.result(fed, drained, left), nil
}

func (g *rig) note(err error) { g.err = errors.Join(g.err, err) }

func (g *rig) begin() (err error) {
	if g.folder = filepath.Join(g.options.keep, g.scenario.name); g.options.keep == "" {
		if g.folder, err = os.MkdirTemp("", "leat-chaos-"); err != nil {
			return err
		}
	}
	if g.redis, err = testservers.LaunchRedis(); err != nil {
		return err
	}
	if g.client, err = redisapi.Open(redisapi.Settings{URL: conf.Secret(g.redis.URL())}); err != nil {
		return err
	}
	if g.queue, err = sqstest.Start(sqstest.Options{Intercept: g.fault}); err != nil {
		return err
	}
	visibility := map[string]string{"VisibilityTimeout": fmt.Sprint(int(g.options.visibility / time.Second))}
	if _, err := g.queue.CreateQueue("events", visibility); err != nil {
		return err
	}
	if g.sink, err = newRecorder(g.scenario.sink); err != nil {
		return err
	}
	return g.startReplicas()
}

func (g *rig) startReplicas() error {
	for i := range g.options.replicas {
		r, err := newReplica(g.folder, g.settings(i+1))
		if err != nil {
			return err
		}
		if err := r.start(); err != nil {
			return err
		}
		g.replicas = append(g.replicas, r)
	}
	return nil
}

func (g *rig) settings(number int) settings {
	o := g.options
	s := settings{
		State: fmt.Sprintf("redis: {url: %q, session_ttl: %s}", g.redis.URL(), o.sessionTTL), Dedupe: "dedupe: {ttl: 1h}",
		Queue: g.queue.URL, Sink: g.sink.url, InFlight: o.inFlight, Held: o.held, Window: o.window, Number: number,
	}
	if g.scenario.state != "" {
		s.State = g.scenario.state
	}
	if g.scenario.dedupe != "" {
		s.Dedupe = fmt.Sprintf("%s: %q", g.scenario.dedupe, g.redis.URL())
	}
	return s
}

// fault has some calls of the queue fail, before or after their work is done.
func (g *rig) fault(sqstest.Call) *sqstest.Fault {
	if g.scenario.queueFails == 0 || rand.IntN(100) >= g.scenario.queueFails {
		return nil
	}
	return &sqstest.Fault{Work: rand.IntN(2) == 0, Drop: rand.IntN(2) == 0, Status: 500}
}

// live sends the feed, with disturbances for as long as that takes.
func (g *rig) live(begun time.Time) error {
	g.feed = newFeed(g.options, g.random, begun)
	fed, calm := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(calm)
		g.disturb(fed)
	}()
	err := g.feed.send(begun, func(bodies ...string) error { return g.queue.Send("events", bodies...) })
	close(fed)
	<-calm
	return err
}

func (g *rig) disturb(fed <-chan struct{}) {
	if g.scenario.disturb == nil {
		return
	}
	for {
		pause := g.scenario.every(g.options)
		select {
		case <-fed:
			return
		case <-time.After(pause/2 + time.Duration(g.random.Int64N(int64(pause)))):
			g.scenario.disturb(g)
		}
	}
}

// drain waits until everything has left the queue.
func (g *rig) drain() error {
	return eventually("the queue is not empty", func() (bool, error) {
		for _, r := range g.replicas {
			if !r.running() {
				return false, fmt.Errorf("%s has ended and said:\n%s", r.folder, r.lastWords())
			}
		}
		state, _ := g.queue.Queue("events")
		return state.Visible+state.InFlight+state.Delayed == 0, nil
	})
}

// lookForRests looks for what nobody has cleared away in Redis, and gives it time to
// go.
func (g *rig) lookForRests() (left leftover, err error) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if left, err = look(context.Background(), g.client); err == nil && left.claims+left.places == 0 {
			break
		}
	}
	return left, err
}

// eventually asks until the answer is yes.
func eventually(otherwise string, done func() (bool, error)) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok, err := done(); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("%s after %s", otherwise, patience)
}

// end ends what was begun.
func (g *rig) end() {
	for _, r := range g.replicas {
		r.kill()
	}
	if g.queue != nil {
		g.queue.Close()
	}
	if g.sink != nil {
		g.sink.close()
	}
	if g.client != nil {
		_ = g.client.Close()
	}
	if g.redis != nil {
		g.redis.End()
	}
	if g.options.keep == "" {
		_ = os.RemoveAll(g.folder)
	}
}
