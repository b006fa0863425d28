package admin

import (
	"context"

	"net/http"
	"time"
)

// Reloader reads the file of a pipeline again and has what it says take the place of what
// runs, or leaves all as it is.
type Reloader interface {
	// Reload returns what became of it. An error says why it could not be tried; that
	// the file has problems is no error.
	Reload(ctx context.Context) (ReloadStatus, error)
}

// ReloadStatus is what became of a reload.
type ReloadStatus struct {
	Time     time.Time     `json:"time"`
	Applied  bool          `json:"applied" about:"what the file says runs now; otherwise what ran before goes on"`
	Text     string        `json:"text,omitempty" about:"what was changed, or why nothing was"`
	Problems []FileProblem `json:"problems,omitempty"`
}

// FileProblem is something wrong, or questionable, in a file.
type FileProblem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Warning bool   `json:"warning,omitempty"`
	Text    string `json:"text"`
	Hint    string `json:"hint,omitempty"`
	Excerpt string `json:"excerpt,omitempty" about:"the line of the file, and a caret below the place; not where a secret may stand"`
}

// Config is the file that the pipeline was made of.
type Config struct {
	Text     string        `json:"text"`
	Problems []FileProblem `json:"problems,omitempty" about:"of the file as it is on the disk now"`
}

func (s *Server) config(http.ResponseWriter, *http.Request) (any, error) {
	if s.o.Expand == nil {
		return nil, &refused{http.StatusNotImplemented, "this program does not show the file of its pipeline"}
	}
	text, report := s.o.Expand()
	return Config{string(text), ProblemsOf(report)}, nil
}

func (s *Server) doReload(_ http.ResponseWriter, q *http.Request) (any, error) {
	if s.o.Reloader == nil {
		return nil, &refused{http.StatusNotImplemented, "this program cannot read its file again while it runs: start it anew; what is not settled comes again"}
	}
	// A browser that goes away does not leave a pipeline half replaced.
	status, err := s.o.Reloader.Reload(context.WithoutCancel(q.Context()))
	if err != nil {
		return nil, &refused{http.StatusConflict, err.Error()}
	}
	s.Reloaded(status)
	return status, nil
}

// Reloaded notes what became of a reload that was asked for elsewhere, such as by a
// signal, so that it is seen here too.
func (s *Server) Reloaded(status ReloadStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reload = &status
}

func (s *Server) lastReload(http.ResponseWriter, *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reload == nil {
		return nil, &refused{http.StatusNotFound, "nothing was reloaded yet"}
	}
	return *s.reload, nil
}
