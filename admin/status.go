package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/drawing"
)

// Status is everything that runs, with what was counted since the start.
type Status struct {
	Version string                `json:"version"`
	Now     time.Time             `json:"now"`
	Began   time.Time             `json:"began" about:"when the program began"`
	Ready   bool                  `json:"ready"`
	Flows   []Flow                `json:"flows"`
	Sinks   []Sink                `json:"sinks"`
	Spools  []Spool               `json:"spools,omitempty"`
	Ways    map[string]int64      `json:"ways" about:"events that took each arrow of the drawing"`
	Drawing string                `json:"drawing" about:"changes when the drawing does"`
	Replay  *deadletters.Progress `json:"replay,omitempty"`
	Reload  *ReloadStatus         `json:"reload,omitempty"`
}

// Flow is a flow with its counts.
type Flow struct {
	Health
	CanPause     bool      `json:"can_pause" about:"it has sources of its own"`
	Read         int64     `json:"read" about:"events that came from its sources"`
	FromFlows    int64     `json:"from_flows" about:"events that other flows sent to it, and that are settled"`
	InFlight     int       `json:"in_flight"`
	MaxInFlight  int       `json:"max_in_flight"`
	Held         int       `json:"held"`
	MaxHeld      int       `json:"max_held"`
	HeldBytes    int64     `json:"held_bytes"`
	MaxHeldBytes int64     `json:"max_held_bytes"`
	DeadLetters  int64     `json:"dead_letters"`
	DeadSink     string    `json:"dead_sink,omitempty" about:"where its dead letters go"`
	Messages     int64     `json:"messages" about:"of its sources that are settled, or went back"`
	TookSeconds  float64   `json:"took_seconds" about:"how long those took, added up"`
	ProgressDone int64     `json:"progress_done,omitempty" about:"of a finite input"`
	ProgressOf   int64     `json:"progress_of,omitempty"`
	Sources      []Source  `json:"sources"`
	Stages       []Stage   `json:"stages"`
	Windows      []Window  `json:"windows,omitempty"`
	Sinks        []StepNow `json:"sinks,omitempty" about:"as this flow uses them"`
}

// Source is a source of a flow.
type Source struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Read int64  `json:"read"`
}

// Stage is a stage of a flow. Its counts are those that it keeps itself, such as
// duplicates, dropped, late or plugin_restarts.
type Stage struct {
	StepNow
	Type   string           `json:"type"`
	Counts map[string]int64 `json:"counts,omitempty"`
}

// StepNow is what is in a stage or sink now, and what it has failed on.
type StepNow struct {
	Name        string `json:"name"`
	Inside      int    `json:"inside" about:"events that wait in it: for a turn, an answer or another attempt"`
	Retried     int    `json:"retried" about:"those of them that are to be tried again"`
	Failed      int64  `json:"failed" about:"attempts"`
	DeadLetters int64  `json:"dead_letters"`
}

// Window is what a stage holds to put it in order.
type Window struct {
	Stage   string  `json:"stage"`
	Seconds float64 `json:"seconds"`
	Held    []int   `json:"held" about:"events by how much of their window is over, the youngest first"`
	Due     int     `json:"due" about:"events whose window is over, which wait for others of their key"`
}

// Sink is a sink of the file.
type Sink struct {
	Name      string           `json:"name"`
	Type      string           `json:"type"`
	Dead      bool             `json:"dead" about:"dead letters go to it"`
	Delivered int64            `json:"delivered"`
	Counts    map[string]int64 `json:"counts,omitempty" about:"that it keeps itself"`
}

// Spool is what a source has on the disk of this machine.
type Spool struct {
	Flow    string     `json:"flow"`
	Source  string     `json:"source"`
	Waiting int64      `json:"waiting"`
	Bytes   int64      `json:"bytes"`
	Oldest  *time.Time `json:"oldest,omitempty"`
	Lost    int64      `json:"lost" about:"events that were found damaged"`
}

// errNone is the answer while there is nothing to look at.
var errNone = &refused{http.StatusServiceUnavailable, "no pipeline runs yet"}

func (s *Server) running() (*pipeline.Pipeline, error) {
	if p := s.o.Pipeline(); p != nil {
		return p, nil
	}
	return nil, errNone
}

func (s *Server) status(http.ResponseWriter, *http.Request) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	return s.statusOf(p), nil
}

func (s *Server) statusOf(p *pipeline.Pipeline) Status {
	o, st, h := p.Outline(), p.Stats(), p.Health()
	out := Status{Version: s.o.Version, Now: time.Now().UTC(), Began: s.began.UTC(), Ready: h.Ready(), Ways: map[string]int64{}}
	for i, f := range st.Flows {
		one := flowOf(o.Flows[i], f, h.Flows[i], st.Counts)
		one.FromFlows = sentTo(f.Flow, o)
		out.Flows = append(out.Flows, one)
	}
	for _, k := range o.Sinks {
		counts := countsOf(st.Counts, "", k.Name)
		delivered := counts[pipeline.CountDelivered]
		delete(counts, pipeline.CountDelivered)
		out.Sinks = append(out.Sinks, Sink{k.Name, k.Type, k.Dead, delivered, counts})
	}
	for _, sp := range st.Spools {
		out.Spools = append(out.Spools, Spool{sp.Flow, sp.Source, sp.Waiting, sp.Bytes, timeOrNil(sp.Oldest), sp.Lost})
	}
	d := drawing.Of(o)
	for key, way := range d.Ways {
		if n, ok := taken(way, st); ok {
			out.Ways[key] = n
		}
	}
	out.Drawing = drawingMark(d)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != nil {
		p := s.job.Progress()
		out.Replay = &p
	}
	out.Reload = s.reload
	return out
}

// taken is how many events took an arrow.
func taken(w drawing.Way, st pipeline.Stats) (int64, bool) {
	switch {
	case w.Target != nil:
		return w.Target.Sent(), true
	case w.Sink:
		return 0, false
	}
	for _, f := range st.Flows {
		if f.Flow != w.Flow {
			continue
		}
		if w.Source == "" {
			return f.DeadLetters, true
		}
		for _, s := range f.Sources {
			if s.Source == w.Source {
				return s.Read, true
			}
		}
	}
	return 0, true
}

// sentTo is how many events other flows have sent to one.
func sentTo(flow string, o pipeline.Outline) (n int64) {
	for _, way := range drawing.Of(o).Ways {
		if way.Target != nil && way.Target.Flow == flow {
			n += way.Target.Sent()
		}
	}
	return n
}

func flowOf(o pipeline.FlowOutline, f pipeline.FlowStats, h pipeline.FlowHealth, counts []pipeline.Count) Flow {
	out := Flow{
		Health: healthOf(h), CanPause: len(o.Sources) > 0, Read: f.Read, InFlight: f.InFlight, MaxInFlight: f.MaxInFlight,
		Held: f.Held, MaxHeld: f.MaxHeld, HeldBytes: f.HeldBytes, MaxHeldBytes: f.MaxHeldBytes, DeadLetters: f.DeadLetters, DeadSink: o.DeadLetter,
		Messages: f.Messages, TookSeconds: f.Took.Seconds(), ProgressDone: f.ProgressDone, ProgressOf: f.ProgressOf,
		Sources: []Source{}, Stages: []Stage{},
	}
	for _, s := range o.Sources {
		one := Source{Name: s.Name, Type: s.Type}
		for _, r := range f.Sources {
			if r.Source == s.Name {
				one.Read = r.Read
			}
		}
		out.Sources = append(out.Sources, one)
		out.addStages(s.Stages, f, counts)
	}
	out.addStages(o.Stages, f, counts)
	for _, st := range f.Steps {
		if st.Sink {
			out.Sinks = append(out.Sinks, stepNow(st))
		}
	}
	for _, w := range f.Windows {
		out.Windows = append(out.Windows, Window{w.Stage, w.Length.Seconds(), w.Held[:], w.Due})
	}
	return out
}

func (f *Flow) addStages(list []pipeline.StageOutline, st pipeline.FlowStats, counts []pipeline.Count) {
	for _, s := range list {
		one := Stage{StepNow: StepNow{Name: s.Name}, Type: s.Type, Counts: countsOf(counts, f.Flow, s.Name)}
		i := slices.IndexFunc(st.Steps, func(x pipeline.StepStats) bool { return !x.Sink && x.Step == s.Name })
		if i >= 0 {
			one.StepNow = stepNow(st.Steps[i])
		}
		f.Stages = append(f.Stages, one)
	}
}

func stepNow(s pipeline.StepStats) StepNow {
	return StepNow{s.Step, s.Inside, s.Retried, s.Failed, s.Buried}
}

// countsOf are the counters of a part that have counted something.
func countsOf(counts []pipeline.Count, flow, part string) map[string]int64 {
	out := map[string]int64{}
	for _, c := range counts {
		if c.Flow == flow && c.Part == part && (c.Value > 0 || strings.HasPrefix(c.Name, "plugin_")) {
			out[c.Name] = c.Value
		}
	}
	return out
}
