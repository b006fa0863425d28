package admin

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/leat-io/leat/deadletters"
)

// call is a request, and what it is answered.
type call func(w http.ResponseWriter, q *http.Request) (any, error)

// route is a path of the API: what it does, and what its document says of it.
type route struct {
	method, path string
	name, about  string
	query        []parameter
	body, answer any // examples of their types, nil without
	status       int // of the answer, 0: 200
	call         call
}

type parameter struct{ name, about string }

// routes is the whole API. The document of it is made from this.
func (s *Server) routes() []route {
	return []route{
		{method: "GET", path: "/api/v1/status", name: "status", about: "All flows, sinks and parts with their state and counts since the start.", answer: Status{}, call: s.status},
		{method: "GET", path: "/api/v1/flows", name: "listFlows", about: "The flows with their state and counts.", answer: []Flow{}, call: s.listFlows},
		{method: "GET", path: "/api/v1/flows/{flow}", name: "showFlow", about: "One flow.", answer: Flow{}, call: s.showFlow},
		{method: "POST", path: "/api/v1/flows/{flow}/pause", name: "pauseFlow", about: "Has the flow take nothing more from its sources. What is under way or held goes on.", answer: Flow{}, call: s.pauseFlow},
		{method: "POST", path: "/api/v1/flows/{flow}/resume", name: "resumeFlow", about: "Has a paused flow go on.", answer: Flow{}, call: s.resumeFlow},
		{method: "POST", path: "/api/v1/flows/{flow}/drain", name: "drainFlow", about: "Pauses the flow, whose state is drained once nothing of it is in flight or held.", answer: Flow{}, call: s.drainFlow},
		{method: "GET", path: "/api/v1/drawing", name: "drawing", about: "The flows drawn as SVG, with keys by which the arrows of the status are found.", answer: "", call: s.drawing},
		{method: "GET", path: "/api/v1/dead", name: "listDeadSinks", about: "The sinks that dead letters go to.", answer: []DeadSink{}, call: s.listDeadSinks},
		{method: "GET", path: "/api/v1/dead/{sink}", name: "listLetters", about: "The dead letters of a sink, the newest first, and how many there are for which reason.", answer: Letters{}, call: s.listLetters, query: []parameter{
			{"flow", "letters of this flow"}, {"stage", "letters of this stage or sink"}, {"error", "letters whose error contains this text"},
			{"since", "written since then: 24h, or a time"}, {"until", "written before then"}, {"all", "true: also those that were replayed"},
			{"limit", "how many, at most 1000; 100 if it is not said"}, {"before", "only letters whose number is lower, for the next page"},
		}},
		{method: "GET", path: "/api/v1/dead/{sink}/letters/{mark}", name: "showLetter", about: "A dead letter with its payload.", answer: Letter{}, call: s.showLetter},
		{method: "POST", path: "/api/v1/dead/{sink}/replay", name: "replayLetters", about: "Puts the events of letters back into the running flows. It goes on after the answer; replay says how far it is.", body: deadletters.Order{}, answer: deadletters.Progress{}, status: http.StatusAccepted, call: s.startReplay},
		{method: "GET", path: "/api/v1/replay", name: "replay", about: "How far the last replay is that was asked for here.", answer: deadletters.Progress{}, call: s.replay},
		{method: "POST", path: "/api/v1/replay/stop", name: "stopReplay", about: "Ends the replay. Letters whose events are not settled stay.", answer: deadletters.Progress{}, call: s.stopReplay},
		{method: "GET", path: "/api/v1/config", name: "config", about: "The file with its presets replaced by what they stand for, and *** for secrets.", answer: Config{}, call: s.config},
		{method: "GET", path: "/api/v1/reload", name: "reloadStatus", about: "What became of the last reload.", answer: ReloadStatus{}, call: s.lastReload},
		{method: "POST", path: "/api/v1/reload", name: "reload", about: "Reads the file again and, if nothing is wrong with it, has what it says take the place of what runs.", answer: ReloadStatus{}, call: s.doReload},
	}
}

// mux brings everything together that is answered.
func (s *Server) mux() http.Handler {
	m := http.NewServeMux()
	for _, r := range s.routes() {
		m.HandleFunc(r.method+" "+r.path, s.authorized(s.answering(r)))
	}
	m.HandleFunc("GET /api/v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(OpenAPI())
	})
	m.HandleFunc("GET /livez", s.livez)
	m.HandleFunc("GET /readyz", s.readyz)
	m.HandleFunc("GET /metrics", s.authorized(s.metrics))
	m.HandleFunc("/api/", func(w http.ResponseWriter, q *http.Request) {
		problem(w, http.StatusNotFound, "there is no "+q.Method+" "+q.URL.Path+": /api/v1/openapi.json says what there is")
	})
	m.Handle("/", pageFiles())
	return m
}

func (s *Server) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		if !s.mayEnter(q) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			problem(w, http.StatusUnauthorized, "want the token of the file's admin, as Authorization: Bearer TOKEN")
			return
		}
		next(w, q)
	}
}

// answering calls a route and writes its answer, or what was wrong.
func (s *Server) answering(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		out, err := r.call(w, q)
		var refused *refused
		switch {
		case errors.As(err, &refused):
			problem(w, refused.status, refused.text)
		case err != nil:
			problem(w, http.StatusInternalServerError, err.Error())
		case out != nil:
			writeJSON(w, max(r.status, http.StatusOK), out)
		}
	}
}

func (s *Server) metrics(w http.ResponseWriter, q *http.Request) {
	if s.o.Metrics == nil {
		problem(w, http.StatusNotFound, "this program brings no metrics along")
		return
	}
	s.o.Metrics.ServeHTTP(w, q)
}

// refused is an error with the status that goes with it.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return r.text }

// Problem is the answer to a request that was not carried out.
type Problem struct {
	Error string `json:"error" about:"what is wrong, in a sentence"`
}

func problem(w http.ResponseWriter, status int, text string) { writeJSON(w, status, Problem{text}) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // who has gone needs no answer
}

// readBody reads the body of a request into v; none is fine.
func readBody(q *http.Request, v any) error {
	dec := json.NewDecoder(q.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return &refused{http.StatusBadRequest, "the body cannot be read: " + err.Error()}
	}
	return nil
}
