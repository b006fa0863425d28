package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parcels is the flow of most tests: SNS envelopes with parcel events.
const parcels = `version: 1
state: STATE
flows:
  parcels:
    from: {file: {path: "${IN}"}}
    stages:
      - snsunwrap: {verify: false}
      - decode: {format: json}
      - split: {each: body.events}
      - identify:
          id: [body.shipmentNumber, body.trackingNumber, body.eventTime, body.eventType.apiKey, body.additionalInfo.apiKey, body.comChannelType]
          key: body.shipmentNumber
          time: {from: body.eventTime, layout: "2006-01-02 15:04:05", zone: Europe/Oslo}
      - dedupe: {ttl: 120h}
      - reorder: {window: 2m}
      - route:
          - {when: 'body.eventType.apiKey == "103"', to: notif}
          - {to: rest}
    on_error: {retry: {backoff: 10ms..50ms}, dead_letter: dead}
sinks:
  notif: {file: {path: "${OUT}/notif.jsonl"}}
  rest: {file: {path: "${OUT}/rest.jsonl"}}
  dead: {file: {path: "${OUT}/dead.jsonl"}}
`

const (
	inMemory = "{memory: {}}"
	inFile   = "{embedded: {path: state.db}}"
)

// parcelFlow is a folder with a feed and the flow that reads it.
type parcelFlow struct {
	*feed
	t                    *testing.T
	dir                  string
	notify, rest, buried string // the output files
}

// newParcelFlow writes a feed and the flow into a folder; edits are pairs of old
// and new text.
func newParcelFlow(t *testing.T, f *feed, state string, edits ...string) *parcelFlow {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "in.jsonl"), f.text())
	flow := strings.NewReplacer(append(edits, "state: STATE", "state: "+state)...).Replace(parcels)
	write(t, filepath.Join(dir, "pipeline.yaml"), flow)
	out := func(name string) string { return filepath.Join(dir, "out", name) }
	return &parcelFlow{f, t, dir, out("notif.jsonl"), out("rest.jsonl"), out("dead.jsonl")}
}

func (f *parcelFlow) start(args ...string) *process {
	f.t.Helper()
	return start(f.t, f.dir, []string{"IN=in.jsonl", "OUT=out"}, append([]string{"run"}, args...)...)
}

// outcome reads the output as that of one run.
func (f *parcelFlow) outcome() outcome {
	f.t.Helper()
	return outcome{
		notify: []part{linesOf(f.t, f.notify)},
		rest:   []part{linesOf(f.t, f.rest)},
		dead:   linesOf(f.t, f.buried),
	}
}

// mustHoldOnce fails the test unless every event was delivered exactly once, and
// every broken line buried exactly once.
func (f *parcelFlow) mustHoldOnce() {
	f.t.Helper()
	o := f.outcome()
	if again := f.mustHold(f.t, o); again > 0 {
		f.t.Errorf("%d events were delivered more than once", again)
	}
	f.mustBury(f.t, o.dead, 1, 1)
}

func TestEveryEventIsDeliveredOnceInOrder(t *testing.T) {
	t.Parallel()
	f := newFeed(1, 12_000)
	for name, state := range map[string]string{"memory": inMemory, "embedded": inFile} {
		t.Run(name, func(t *testing.T) {
			flow := newParcelFlow(t, f, state)
			p := flow.start().mustExit(exitOK)
			flow.mustHoldOnce()
			flow.mustCount(p)
			if name == "embedded" {
				flow.runAgain()
			}
		})
	}
}

// mustCount compares the summary of a first run with the feed.
func (f *parcelFlow) mustCount(p *process) {
	f.t.Helper()
	p.mustSumUp(map[string]int{
		"read": len(f.lines), "split": len(f.events) + f.copies, "delivered": len(f.events), "duplicates": f.copies, "dead letters": len(f.broken),
		"reordered": p.summary()["reordered"], // only known to be there
	})
	if p.summary()["reordered"] == 0 {
		f.t.Error("nothing was put in order")
	}
}

// runAgain runs the flow a second time, over what the first run delivered and
// buried.
func (f *parcelFlow) runAgain() {
	f.t.Helper()
	before := sizeOf(f.notify, f.rest, f.buried)
	p := f.start().mustExit(exitOK)
	p.mustSumUp(map[string]int{
		"read": len(f.lines), "split": len(f.events) + f.copies, "delivered": 0,
		"duplicates": len(f.events) + f.copies + len(f.broken),
	})
	p.mustSay(`duplicates .* were delivered by an earlier run; to start afresh, delete state\.db\n`)
	if sizeOf(f.notify, f.rest, f.buried) != before {
		f.t.Error("the second run wrote events")
	}
}

func TestStrictRunFailsOverDeadLetters(t *testing.T) {
	flow := newParcelFlow(t, newFeed(2, 300), inMemory)
	flow.start("--strict").mustExit(exitProblem)
	flow.mustHoldOnce()
	clean := newFeed(3, 300)
	for i, line := range clean.lines {
		if !strings.HasPrefix(line, `{"Type":"Notification","MessageId":"m-`) {
			clean.lines[i] = ""
		}
	}
	clean.broken = nil
	flow = newParcelFlow(t, clean, inMemory)
	flow.start("--strict").mustExit(exitOK)
	flow.mustHoldOnce()
}

func TestOutputIsNotMadeBeforeTheInputIsThere(t *testing.T) {
	flow := newParcelFlow(t, newFeed(4, 10), inMemory)
	if err := os.Remove(filepath.Join(flow.dir, "in.jsonl")); err != nil {
		t.Fatal(err)
	}
	p := flow.start().mustExit(exitProblem)
	p.mustSay(`there is no file in\.jsonl`)
}
