package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// Deliver implements [sim.Outside].
func (r *run) Deliver(ctx context.Context, p *sim.Process, sink string, e *pipeline.Event) error {
	if r.schedule.Slow && r.random(2) == 0 {
		pipeline.Sleep(context.WithoutCancel(ctx), r.world.Clock, time.Duration(r.random(3000))*time.Millisecond, nil)
	}
	if r.down(sink) {
		r.told.addOnce(r, "%s is away: it does not take %s", sink, e.ID)
		return errors.New("the sink is away")
	}
	r.point(p, "before "+sink+" got "+e.ID)
	if p.Killed() {
		return pipeline.ErrReturned
	}
	d, err := r.delivery(ctx, p, sink, e)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.log = append(r.log, d)
	r.mu.Unlock()
	r.told.delivered(r, d)
	r.point(p, "when "+sink+" had got "+e.ID)
	return nil
}

func (r *run) down(sink string) bool {
	at := r.world.Clock.Now().Sub(r.start)
	for _, o := range r.schedule.Outages {
		if r.sinks[o.Sink] == sink && o.From <= at && at < o.To {
			return true
		}
	}
	return false
}

func (r *run) delivery(ctx context.Context, p *sim.Process, sink string, e *pipeline.Event) (delivery, error) {
	d := delivery{at: r.world.Clock.Now().Sub(r.start), seq: e.Seq, settled: true}
	d.outcome = outcome{sink: sink, id: e.ID, rawID: e.ID, key: e.Key, time: e.Time, passed: pipeline.PassedBy(ctx)}
	if e.Type != "" {
		d.id += " (" + e.Type + ")"
	}
	for _, mark := range []string{pipeline.MarkLate, pipeline.MarkForced, pipeline.MarkUnordered, pipeline.MarkUnkeyed} {
		if _, there := e.LookupMeta(mark); there {
			d.marked = true
		}
	}
	text, _ := e.LookupMeta(messageMeta)
	if p.Pipeline.TakesDeadLetters(sink) {
		raw, err := e.Bytes()
		if err != nil {
			return d, err
		}
		var letter pipeline.DeadLetter
		if json.Unmarshal(raw, &letter) == nil && letter.Flow != "" && letter.Error != "" {
			d.dead, text = true, letter.Meta[messageMeta]
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if rep := r.replica(p); rep != nil {
		d.process = rep.number
	}
	n, err := strconv.Atoi(text)
	if err != nil || n >= len(r.messages) {
		return d, pipeline.Reject(fmt.Errorf("the flow takes the metadata %s away, by which a proof knows events", messageMeta))
	}
	d.sent = r.messages[n]
	d.message = d.sent.Origin.(int)
	return d, nil
}

// Settled implements [sim.Outside].
func (r *run) Settled(_ *sim.Process, s *sim.Sent) { r.told.add(r, "message %s is settled", s.ID) }

// Returned implements [sim.Outside]: the source gives the message again after a while.
func (r *run) Returned(_ *sim.Process, s *sim.Sent) {
	r.mu.Lock()
	r.returned[s] = len(r.log)
	r.mu.Unlock()
	r.told.add(r, "message %s goes back to its source", s.ID)
	if r.finite {
		return
	}
	r.later(redelivery, func() {
		if !s.Settled() {
			r.send(s)
		}
	})
}

const redelivery = 30 * time.Second
