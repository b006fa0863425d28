package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-io/leat/pipeline"
)

// Reload reads the files again. Files with problems leave everything as it is. Otherwise the
// flows that differ in what they do, or in what they use, are replaced: they stop, and
// the new ones start when all of them have ended. If one of those cannot be started, what
// ran before is started again.
//
// The status says what came of it; an error, that nothing new runs. ctx only ends the
// waiting for the start of the flows and for another reload that is under way: one that has
// begun goes on to its end.
func (r *Runner) Reload(ctx context.Context) (Status, error) {
	select {
	case <-r.started:
	case <-ctx.Done():
		return r.Status(), ctx.Err()
	}
	select {
	case r.slot <- struct{}{}:
		defer func() { <-r.slot }()
	case <-ctx.Done():
		return r.Status(), ctx.Err()
	}
	a := &Attempt{At: r.now()}
	err := r.reload(a)
	if errors.Is(err, pipeline.ErrOver) {
		return r.Status(), ErrNotRunning
	}
	a.Took = r.now().Sub(a.At).Seconds()
	r.note(a, err)
	s := r.Status()
	if r.report != nil {
		r.report(s, err)
	} else {
		r.log(s, err)
	}
	return s, err
}

func (r *Runner) reload(a *Attempt) error {
	release, ok := r.running.Hold()
	if !ok {
		return pipeline.ErrOver
	}
	defer release()
	files := newCopies(r.options.ReadFile)
	next, report := r.load(files)
	r.tried = files
	a.Problems = problemsOf(report)
	if next == nil {
		a.Result = ResultRefused
		return fmt.Errorf("the files have problems, and what ran before goes on:\n%w", report.Err())
	}
	var err error
	if a.Change, err = r.running.Replace(next); err == nil {
		a.Result, r.loaded = ResultOK, files
		return nil
	}
	if errors.Is(err, pipeline.ErrOver) {
		return err
	}
	a.Result = ResultFailed
	return r.restore(err)
}

// restore starts what ran before again.
func (r *Runner) restore(why error) error {
	before, report := r.load(r.loaded.again())
	if before == nil {
		return fmt.Errorf("%w\nwhat ran before cannot be started again: %w", why, report.Err())
	}
	if _, err := r.running.Restore(before); err != nil {
		return fmt.Errorf("%w\nof what ran before, not everything could be started again: %w", why, err)
	}
	return fmt.Errorf("what is new cannot be started, and what ran before was started again: %w", why)
}

func (r *Runner) load(files *copies) (*pipeline.Pipeline, *pipeline.Report) {
	o := r.options
	o.ReadFile, o.After = files.read, r.running
	return pipeline.LoadWithReport(r.path, o)
}

// note makes the attempt the last one.
func (r *Runner) note(a *Attempt, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Last = a
	r.status.Reloads[a.Result]++
	if err != nil {
		a.Error = err.Error()
		return
	}
	r.status.Version++
	r.status.Hash, r.status.Since = r.loaded.hash(), a.At
}

// log writes down what came of a reload.
func (r *Runner) log(s Status, err error) {
	switch c := s.Last.Change; {
	case r.options.Log == nil:
	case err != nil:
		r.options.Log.Error("reload: "+s.Last.Result, "error", err, "down", s.Down())
	default:
		r.options.Log.Info("reload: ok", "version", s.Version, "seconds", s.Last.Took, "kept", c.Kept, "replaced", c.Replaced, "added", c.Added, "removed", c.Removed)
	}
}
