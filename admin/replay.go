package admin

import (
	"errors"
	"net/http"

	"github.com/leat-io/leat/deadletters"
)

// startReplay puts letters back into the pipeline that runs, so that their events take
// their turn among the others and meet the same limits; there is one replay at a time.
func (s *Server) startReplay(_ http.ResponseWriter, q *http.Request) (any, error) {
	p, box, err := s.box(q)
	if err != nil {
		return nil, err
	}
	var o deadletters.Order
	if err := readBody(q, &o); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job != nil && s.job.Progress().Ended == nil {
		return nil, &refused{http.StatusConflict, "another replay is at work: wait for its end, or stop it"}
	}
	if s.closing.Err() != nil {
		return nil, errNone
	}
	job, err := deadletters.Start(s.closing, p, q.PathValue("sink"), box, o)
	var unreadable *deadletters.TimeError
	switch {
	case errors.As(err, &unreadable):
		return nil, &refused{http.StatusBadRequest, err.Error()}
	case err != nil:
		return nil, &refused{http.StatusConflict, err.Error()}
	}
	s.job = job
	return job.Progress(), nil
}

func (s *Server) lastJob() (*deadletters.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.job == nil {
		return nil, &refused{http.StatusNotFound, "no replay was asked for here yet"}
	}
	return s.job, nil
}

func (s *Server) replay(http.ResponseWriter, *http.Request) (any, error) {
	job, err := s.lastJob()
	if err != nil {
		return nil, err
	}
	return job.Progress(), nil
}

func (s *Server) stopReplay(http.ResponseWriter, *http.Request) (any, error) {
	job, err := s.lastJob()
	if err != nil {
		return nil, err
	}
	job.Stop()
	return job.Progress(), nil
}
