package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
	"pgregory.net/rapid"
)

// replayed is a replay of some letters, and what became of them by their ids.
type replayed struct {
	pipeline.Replay
	letters []*pipeline.Letter

	mu     sync.Mutex
	became map[string]pipeline.LetterStatus
}

func replayOf(letters ...*pipeline.Letter) *replayed {
	r := &replayed{letters: letters, became: map[string]pipeline.LetterStatus{}}
	r.Letters = func(_ context.Context, flow string) iter.Seq[*pipeline.Letter] {
		return func(yield func(*pipeline.Letter) bool) {
			for _, l := range letters {
				if l.Flow == flow && !yield(l) {
					return
				}
			}
		}
	}
	r.Settled = func(l *pipeline.Letter, became pipeline.LetterStatus) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.became[l.ID] = became
		return nil
	}
	return r
}

func (r *replayed) run(t *testing.T, yaml string, o flowtest.Options) *flowtest.Rig {
	t.Helper()
	o.Catalog, o.Replay = pipeline.Catalog{Stages: stages.All()}, &r.Replay
	rig := flowtest.Load(t, yaml, o)
	rig.Run()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	return rig
}

// letterFor is a letter of the flow f; where is a stage, or a sink as in "sink out".
func letterFor(where, id, payload string) *pipeline.Letter {
	l := &pipeline.Letter{DeadLetter: pipeline.DeadLetter{Version: 1, Flow: "f", Stage: where, ID: id, Payload: &payload}}
	if sink, ok := strings.CutPrefix(where, "sink "); ok {
		l.Stage, l.Sink = "", sink
	}
	return l
}

const replayFlow = `version: 1
flows:
  f:
    from: {feed: {}}
    stages:
      - decode: {format: json}
      - identify: {id: body.id}
      - dedupe: {ttl: 1h}
      - filter: {when: body.ok}
      - route:
          - {when: 'body.to == "g"', to: {flow: g}}
          - {when: 'body.to == "both"', to: [out, other]}
          - {when: 'body.to == "out"', to: out}
    on_error: {dead_letter: dead, retry: {give_up_after: 1ns}}
  g:
    from: {link: {}}
    stages: [filter: body.ok]
    to: other
    on_error: {dead_letter: dead}
sinks: {out: {record: {}}, other: {record: {}}, dead: {record: {}}}
`

func TestReplayEntersTheStageThatFailed(t *testing.T) {
	cases := map[string]struct {
		where, payload string
		out, other     []string
		dead           int
	}{
		"before dedupe":             {"decode", `{"id":"x","ok":true,"to":"out"}`, []string{"x"}, nil, 0},
		"passes dedupe over":        {"filter", `{"id":"x","ok":true,"to":"out"}`, []string{"was"}, nil, 0},
		"of two targets, one":       {"sink out", `{"ok":true,"to":"both"}`, []string{"was"}, nil, 0},
		"both targets behind stage": {"route", `{"to":"both"}`, []string{"was"}, []string{"was"}, 0},
		"goes on to a linked flow":  {"filter", `{"ok":true,"to":"g"}`, nil, []string{"was"}, 0},
		"no route":                  {"to", `{"ok":true}`, nil, nil, 1},
		"fails again":               {"decode", `{`, nil, nil, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			state := flowtest.NewState()
			claims := state.Claims("f/dedupe")
			_ = claims.Commit(t.Context(), pipeline.NewEvent("was", nil).Digest(), time.Hour, pipeline.OutcomeDead)
			state.NextRun()
			r := replayOf(letterFor(c.where, "was", c.payload))
			rig := r.run(t, replayFlow, flowtest.Options{State: state})
			if got := rig.Recorder.IDs("out"); !slices.Equal(got, c.out) {
				t.Errorf("out got %q, want %q", got, c.out)
			}
			if got := rig.Recorder.IDs("other"); !slices.Equal(got, c.other) {
				t.Errorf("other got %q, want %q", got, c.other)
			}
			want := pipeline.LetterDelivered
			if c.dead > 0 {
				want = pipeline.LetterReplaced
			}
			if got := rig.Recorder.Got("dead"); len(got) != c.dead || r.became["was"] != want {
				t.Errorf("%d dead letters, the old one is %q", len(got), r.became["was"])
			}
		})
	}
}

func TestReplayIntoALinkedFlow(t *testing.T) {
	l := letterFor("filter", "a", `{"ok":true}`)
	l.Flow = "g"
	rig := replayOf(l).run(t, replayFlow, flowtest.Options{})
	if got := rig.Recorder.IDs("other"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("other got %q", got)
	}
}

// What dedupe remembers of the event is its dead letter. From the start it goes past that.
func TestReplayFromStart(t *testing.T) {
	state := flowtest.NewState()
	claims := state.Claims("f/dedupe")
	_ = claims.Commit(t.Context(), pipeline.NewEvent("a", nil).Digest(), time.Hour, pipeline.OutcomeDead)
	state.NextRun()
	l, original := letterFor("sink out", "a", `{"id":"wrong"}`), `{"id":"a","ok":true,"to":"out"}`
	l.Original, l.Meta = &original, map[string]string{"leat.late": "true", "http.path": "/"}
	r := replayOf(l)
	r.FromStart = true
	rig := r.run(t, replayFlow, flowtest.Options{State: state})
	if got := rig.Recorder.Bodies("out"); !slices.Equal(got, []string{original}) {
		t.Fatalf("out got %q", got)
	}
	meta := rig.Recorder.Got("out")[0].Meta
	if _, late := meta[pipeline.MarkLate]; late || meta["http.path"] != "/" || meta[pipeline.MarkReplayed] == "" {
		t.Error("its metadata is not that of its source and the mark")
	}
}

// An event that failed before dedupe is remembered by its source's name for it. Its
// replay must not be taken for a copy, and vanish, when it fails again.
func TestReplayedLineThatFailsAgainIsNoCopy(t *testing.T) {
	state := flowtest.NewState()
	rig := flowtest.Load(t, replayFlow, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}, State: state, Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever}})
	rig.Run()
	rig.Feed.Send("line", "{")
	rig.Feed.End()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	d, err := pipeline.ReadDeadLetter([]byte(rig.Recorder.Bodies("dead")[0]))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		state.NextRun()
		r := replayOf(&pipeline.Letter{DeadLetter: *d})
		again := r.run(t, replayFlow, flowtest.Options{State: state})
		if n := len(again.Recorder.Got("dead")); n != 1 || r.became["line"] != pipeline.LetterReplaced {
			t.Errorf("%d new letters, the old one is %q", n, r.became["line"])
		}
	}
}

// When a new letter cannot be written either, the old one stays as it is.
func TestReplayThatIsNotSettledMarksNothing(t *testing.T) {
	fail := func(sink string, _ *pipeline.Event, _ int) error {
		return pipeline.Reject(errors.New(sink + " says no"))
	}
	r := replayOf(letterFor("sink out", "a", "{}"))
	r.run(t, replayFlow, flowtest.Options{Fail: fail})
	if len(r.became) > 0 {
		t.Errorf("marked %v", r.became)
	}
}

func TestReplayWithoutStages(t *testing.T) {
	state := flowtest.NewState()
	state.Break(errors.New("in use"))
	r := replayOf(letterFor("sink out", "a", "{}"), letterFor("filter", "b", `{"ok":true,"to":"out"}`))
	r.OnlySinks = true
	rig := r.run(t, replayFlow, flowtest.Options{State: state})
	if got := rig.Recorder.IDs("out"); !slices.Equal(got, []string{"a"}) {
		t.Errorf("out got %q", got)
	}
}

func TestReplayable(t *testing.T) {
	part, redacted, elsewhere := letterFor("filter", "a", "{}"), letterFor("filter", "a", "{}"), letterFor("filter", "a", "{}")
	part.Part, redacted.Redacted, elsewhere.Flow = true, true, "ff"
	cases := map[string]struct {
		letter    *pipeline.Letter
		fromStart bool
		want      string
	}{
		"fine":         {letterFor("filter", "a", "{}"), false, ""},
		"part":         {part, false, ""},
		"part, start":  {part, true, "a part of a message that was split"},
		"redacted":     {redacted, false, "--redacted"},
		"flow":         {elsewhere, false, `no flow "ff"`},
		"stage":        {letterFor("filtre", "a", "{}"), false, `did you mean "filter"?`},
		"stage, start": {letterFor("filtre", "a", "{}"), true, ""},
		"sink":         {letterFor("sink outt", "a", "{}"), false, `did you mean "out"?`},
		"source":       {letterFor("source", "a", "{}"), true, "its source could not read it"},
	}
	for name, c := range cases {
		r := replayOf()
		r.FromStart = c.fromStart
		rig := flowtest.Load(t, replayFlow, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}, Replay: &r.Replay})
		err := rig.Pipeline.Replayable(&c.letter.DeadLetter)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestWrittenLettersAreReadBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		payload, at := rapid.String().Draw(r, "payload"), time.Unix(0, rapid.Int64().Draw(r, "time")).UTC()
		d := pipeline.DeadLetter{
			Version: 1, Time: at, FirstFailed: at, Flow: "f", Stage: "s", Attempts: 1,
			ID: rapid.String().Draw(r, "id"), Error: rapid.String().Draw(r, "error"),
			Meta: map[string]string{"m": rapid.String().Draw(r, "meta")}, Payload: &payload,
		}
		if rapid.Bool().Draw(r, "bytes") {
			d.Payload, d.PayloadBase64 = nil, rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(r, "payload bytes")
		}
		text, err := json.Marshal(d)
		if err != nil {
			r.Skip()
		}
		got, err := pipeline.ReadDeadLetter(text)
		if err != nil || !reflect.DeepEqual(*got, d) {
			r.Fatalf("got %+v, %v; want %+v", got, err, d)
		}
	})
}

func FuzzReadDeadLetter(f *testing.F) {
	for _, seed := range []string{
		`{"v":1,"flow":"f","stage":"s","payload":"{}","time":"2026-03-31T12:00:00Z"}`,
		`{"v":2}`, `{"v":"1"}`, `[]`, `null`, `{"v":1,"payload_base64":"!"}`, `{"v":1,"meta":{"a":1}}`, `{"v":1,"fl`, "",
		strings.Repeat("[", 20_000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := pipeline.ReadDeadLetter(text)
		if err == nil && (d.Flow == "" || d.Stage+d.Sink == "") {
			t.Errorf("took %q for a letter", text)
		}
	})
}
