package admin

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// HealthAnswer is what /livez and /readyz say.
type HealthAnswer struct {
	OK    bool     `json:"ok"`
	Flows []Health `json:"flows,omitempty"`
	Why   string   `json:"why,omitempty"`
}

// Health is how a flow is. Reasons are left out for callers without the token.
type Health struct {
	Flow    string   `json:"flow"`
	State   string   `json:"state" values:"starting running paused draining drained stopping stopped ended failed"`
	Ready   bool     `json:"ready" about:"its sources are open, and it is not about to end"`
	Reasons []Reason `json:"reasons,omitempty" about:"what a person should know of it"`
}

// Reason is something that a person should know of a flow.
type Reason struct {
	Kind  string     `json:"kind" values:"flow source stage sink plugin state"`
	Part  string     `json:"part" about:"the name of what it is about"`
	Text  string     `json:"text"`
	Since *time.Time `json:"since,omitempty"`
}

// String is the reason as a person reads it.
func (r Reason) String() string {
	text := r.Kind + " " + r.Part + " " + r.Text
	if r.Kind == "flow" {
		text = r.Text
	}
	if r.Since != nil {
		text += ", since " + r.Since.UTC().Format("2006-01-02 15:04:05") + " UTC"
	}
	return text
}

func healthOf(f pipeline.FlowHealth) Health {
	h := Health{Flow: f.Flow, State: string(f.State), Ready: f.Ready}
	for _, r := range f.Reasons {
		h.Reasons = append(h.Reasons, Reason{r.Kind, r.Part, r.Text, timeOrNil(r.Since)})
	}
	return h
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// livez says whether the process does what it is there for: it does unless a flow has
// failed, which only another start mends.
func (s *Server) livez(w http.ResponseWriter, q *http.Request) {
	s.health(w, q, func(h pipeline.Health) bool { return !h.Failed() })
}

// readyz says whether all flows have opened their sources.
func (s *Server) readyz(w http.ResponseWriter, q *http.Request) {
	s.health(w, q, func(h pipeline.Health) bool { return len(h.Flows) > 0 && h.Ready() })
}

func (s *Server) health(w http.ResponseWriter, q *http.Request, ok func(pipeline.Health) bool) {
	var a HealthAnswer
	var h pipeline.Health
	if p := s.o.Pipeline(); p != nil {
		h = p.Health()
	} else {
		a.Why = "no pipeline runs yet"
	}
	a.OK = ok(h)
	for _, f := range h.Flows {
		one := healthOf(f)
		if !s.mayEnter(q) {
			one.Reasons = nil
		}
		a.Flows = append(a.Flows, one)
	}
	status := http.StatusOK
	if !a.OK {
		status = http.StatusServiceUnavailable
	}
	if strings.Contains(q.Header.Get("Accept"), "json") {
		writeJSON(w, status, a)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, a.text())
}

func (a HealthAnswer) text() string {
	var out strings.Builder
	fmt.Fprintln(&out, map[bool]string{true: "ok", false: "not ok"}[a.OK])
	if a.Why != "" {
		fmt.Fprintln(&out, a.Why)
	}
	for _, f := range a.Flows {
		fmt.Fprintf(&out, "flow %s: %s\n", f.Flow, f.State)
		for _, r := range f.Reasons {
			fmt.Fprintf(&out, "flow %s: %s\n", f.Flow, r)
		}
	}
	return out.String()
}
