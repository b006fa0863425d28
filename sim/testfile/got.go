package testfile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// got is an event that reached a sink.
type got struct {
	sink    string
	at      time.Duration // since the start
	event   *pipeline.Event
	payload []byte
	letter  *pipeline.DeadLetter // what it says, if it is one
	order   int                  // how many came before
	alone   bool                 // it came out of a preset
}

// newGot looks at an event that a sink gets.
func newGot(sink string, at time.Duration, e *pipeline.Event, dead bool) (*got, error) {
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	g := &got{sink: sink, at: at, event: e.Clone(), payload: slices.Clone(raw)}
	if dead {
		var d pipeline.DeadLetter
		if json.Unmarshal(raw, &d) == nil && d.Version > 0 && d.Flow != "" && d.Error != "" {
			g.letter = &d
		}
	}
	return g, nil
}

// body is the payload that a test asks about: of a dead letter, that of its event.
func (g *got) body() []byte {
	switch {
	case g.letter == nil:
		return g.payload
	case g.letter.Payload != nil:
		return []byte(*g.letter.Payload)
	}
	return g.letter.PayloadBase64
}

func (g *got) meta() map[string]string {
	if g.letter != nil {
		return g.letter.Meta
	}
	out := map[string]string{}
	for k, v := range g.event.AllMeta() {
		out[k] = v
	}
	return out
}

const markPrefix = "leat."

// marks are what leat has left on the event, without those that only go with another one
// or say nothing by their being there.
func (g *got) marks() (list []string) {
	for k := range g.meta() {
		if name, ok := strings.CutPrefix(k, markPrefix); ok && k != pipeline.MarkLateBy && k != pipeline.MarkOrderSeq {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// inOrder puts what came into an order that does not hang on chance: by time, at the same
// time the keys in the order of the source, and of each key as it came.
func inOrder(list []*got) []*got {
	first := map[batch]pipeline.Seq{}
	for _, g := range list {
		if b := g.batch(); first[b] == (pipeline.Seq{}) || g.event.Seq.Compare(first[b]) < 0 {
			first[b] = g.event.Seq
		}
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b *got) int {
		return cmp.Or(
			cmp.Compare(a.at, b.at),
			first[a.batch()].Compare(first[b.batch()]),
			cmp.Compare(a.order, b.order),
		)
	})
	return out
}

// batch is what comes of a key at the same time. An event without a key is one of its own.
type batch struct {
	at  time.Duration
	key string
	seq pipeline.Seq
}

func (g *got) batch() batch {
	if g.event.Key == "" {
		return batch{at: g.at, seq: g.event.Seq}
	}
	return batch{at: g.at, key: g.event.Key}
}
