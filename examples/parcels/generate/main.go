// Command generate writes the sample feed of the parcels example: what a
// carrier's topic delivers in three days, as SNS envelopes, one to a line.
// Everything in it is invented, and the same seed always gives the same file.
//
// The feed is as untidy as a real one: see main for what is done to it.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"log"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

func main() {
	out := flag.String("o", "examples/parcels/feed.jsonl", "the file to write")
	seed := flag.Uint64("seed", 1, "what the feed is drawn from")
	flag.Parse()
	f := &feed{rand: rand.New(rand.NewPCG(*seed, 0))}
	for i := range 36 {
		f.addParcel(i)
	}
	f.repeatEvents(4)
	f.repeatEnvelopes(8)
	f.delayOne()
	f.breakTwo()
	if err := os.WriteFile(*out, f.lines(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// feed is what has been sent so far, in no order.
type feed struct {
	rand *rand.Rand
	sent []*delivery
}

// delivery is one line of the feed.
type delivery struct {
	arrives time.Time
	line    []byte
	events  []event
	attrs   map[string]attribute
}

// maxDelay is how much later than its newest event an envelope arrives. Together
// with maxSpan it stays below the window of two minutes that the flow waits.
const (
	maxDelay = 75 * time.Second
	maxSpan  = 40 * time.Second // between the events of one envelope
)

// addParcel sends the events of a parcel. Events that follow each other closely
// often share an envelope.
func (f *feed) addParcel(number int) {
	p := f.newParcel(number)
	var batch []event
	send := func() {
		if len(batch) > 0 {
			f.send(batch, p.attributes, f.between(time.Second, maxDelay))
		}
		batch = nil
	}
	for _, e := range p.events() {
		if len(batch) == 4 || len(batch) > 0 && (e.at.Sub(batch[0].at) > maxSpan || f.rand.IntN(100) < 30) {
			send()
		}
		batch = append(batch, e)
	}
	send()
}

// send puts events into an envelope of their own.
func (f *feed) send(events []event, attrs map[string]attribute, delay time.Duration) {
	newest := events[len(events)-1].at
	message := marshal(map[string][]event{"events": events})
	d := &delivery{arrives: newest.Add(delay), events: events, attrs: attrs}
	d.line = marshal(f.newEnvelope(string(message), d.arrives, attrs))
	f.sent = append(f.sent, d)
}

// repeatEvents sends n events again, in other envelopes.
func (f *feed) repeatEvents(n int) {
	for range n {
		d := f.sent[f.rand.IntN(len(f.sent))]
		f.send(d.events[:1], d.attrs, f.between(90*time.Second, 10*time.Minute))
	}
}

// repeatEnvelopes has SNS deliver some envelopes twice.
func (f *feed) repeatEnvelopes(percent int) {
	for _, i := range f.rand.Perm(len(f.sent))[:len(f.sent)*percent/100] {
		d := f.sent[i]
		f.sent = append(f.sent, &delivery{arrives: d.arrives.Add(f.between(5*time.Second, 5*time.Minute)), line: d.line})
	}
}

// delayOne holds one envelope up for 45 minutes. A later event of the same
// parcel has left long before.
func (f *feed) delayOne() {
	sortedAlone := func(d *delivery) bool { return len(d.events) == 1 && d.events[0].EventType.APIKey == sorted }
	i := len(f.sent) / 2
	for !sortedAlone(f.sent[i]) {
		i++
	}
	f.sent[i].arrives = f.sent[i].arrives.Add(45 * time.Minute)
}

// breakTwo adds a line that was cut off and a message that is not JSON.
func (f *feed) breakTwo() {
	whole := f.sent[len(f.sent)/3]
	cut := whole.line[:len(whole.line)*3/5]
	f.sent = append(f.sent, &delivery{arrives: whole.arrives.Add(time.Minute), line: cut})
	at := f.sent[len(f.sent)/4].arrives
	line := marshal(f.newEnvelope("Prøvemelding: ønsker du å motta flere?", at, whole.attrs))
	f.sent = append(f.sent, &delivery{arrives: at, line: line})
}

// lines returns the feed in the order of arrival.
func (f *feed) lines() []byte {
	slices.SortStableFunc(f.sent, func(a, b *delivery) int { return a.arrives.Compare(b.arrives) })
	var out bytes.Buffer
	for _, d := range f.sent {
		out.Write(d.line)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// between returns a duration of whole seconds.
func (f *feed) between(low, high time.Duration) time.Duration {
	return low + time.Duration(f.rand.Int64N(int64((high-low)/time.Second)+1))*time.Second
}

func marshal(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		log.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
