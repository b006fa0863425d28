package cli

import (
	"context"
	"errors"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/live"
	"github.com/leat-io/leat/metrics"
	"github.com/leat-io/leat/pipeline"
)

// adminFor starts the admin listener of a pipeline, if the file or the flag asks for one.
func (flags *runFlags) adminFor(ctx context.Context, file string, r *live.Runner, o pipeline.Options) (stop func(), err error) {
	config := r.Pipeline().Admin()
	if flags.admin != "" {
		if config == nil {
			config = &pipeline.AdminConfig{}
		}
		config.Listen = flags.admin
		if config.Token == "" {
			token, _ := lookupEnv(o)(adminTokenVariable)
			config.Token = pipeline.Secret(token)
		}
	}
	if config == nil {
		return func() {}, nil
	}
	s, err := admin.New(admin.Options{
		Config: *config, Pipeline: r.Pipeline, Version: version(), Log: o.Log, Reloader: reloader{r}, Metrics: metrics.Handler(measured{r}),
		Expand: func() ([]byte, *pipeline.Report) { return pipeline.Expand(file, o, false) },
	})
	if err != nil {
		return nil, err
	}
	if err := s.Listen(ctx); err != nil {
		return nil, err
	}
	r.Tell(func(status live.Status) { s.Reloaded(reloadStatus(status)) })
	return func() { _ = s.Close() }, nil
}

// measured is what the metrics are about.
type measured struct{ runner *live.Runner }

// Pipelines implements [metrics.Source].
func (m measured) Pipelines() []*pipeline.Pipeline { return []*pipeline.Pipeline{m.runner.Pipeline()} }

// Reloads implements [metrics.Reloads].
func (m measured) Reloads() (loaded time.Time, results map[string]int) {
	s := m.runner.Status()
	results = map[string]int{}
	for _, result := range live.Results() {
		results[result] = s.Reloads[result]
	}
	return s.Since, results
}

// reloader has a runner do what the API is asked for.
type reloader struct{ runner *live.Runner }

// Reload implements [admin.Reloader].
func (r reloader) Reload(ctx context.Context) (admin.ReloadStatus, error) {
	status, err := r.runner.Reload(ctx)
	if err != nil && errors.Is(err, live.ErrNotRunning) {
		return admin.ReloadStatus{}, err
	}
	return reloadStatus(status), nil
}

// reloadStatus is what the last reload came to.
func reloadStatus(s live.Status) admin.ReloadStatus {
	last := s.Last
	if last == nil {
		return admin.ReloadStatus{}
	}
	out := admin.ReloadStatus{Time: last.At, Applied: last.Result == live.ResultOK, Text: last.Error}
	if out.Applied {
		out.Text = reloadLine(s)
	}
	for _, p := range last.Problems {
		out.Problems = append(out.Problems, admin.FileProblem{File: p.File, Line: p.Line, Column: p.Column, Warning: p.Warning, Text: p.Message, Hint: p.Hint})
	}
	return out
}
