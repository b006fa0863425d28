package admin

import (
	"errors"
	"net/http"

	"github.com/leat-io/leat/pipeline"
)

func (s *Server) listFlows(http.ResponseWriter, *http.Request) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	return s.statusOf(p).Flows, nil
}

func (s *Server) showFlow(_ http.ResponseWriter, q *http.Request) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	for _, f := range s.statusOf(p).Flows {
		if f.Flow == q.PathValue("flow") {
			return f, nil
		}
	}
	return nil, &refused{http.StatusNotFound, "there is no flow " + q.PathValue("flow")}
}

func (s *Server) pauseFlow(w http.ResponseWriter, q *http.Request) (any, error) {
	return s.turn(w, q, (*pipeline.Pipeline).Pause)
}

func (s *Server) resumeFlow(w http.ResponseWriter, q *http.Request) (any, error) {
	return s.turn(w, q, (*pipeline.Pipeline).Resume)
}

func (s *Server) drainFlow(w http.ResponseWriter, q *http.Request) (any, error) {
	return s.turn(w, q, (*pipeline.Pipeline).Drain)
}

func (s *Server) turn(w http.ResponseWriter, q *http.Request, turn func(*pipeline.Pipeline, string) error) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	switch err := turn(p, q.PathValue("flow")); {
	case errors.Is(err, pipeline.ErrNoFlow):
		return nil, &refused{http.StatusNotFound, err.Error()}
	case err != nil:
		return nil, &refused{http.StatusConflict, err.Error()}
	}
	return s.showFlow(w, q)
}
