package admin

import (
	"regexp"

	"github.com/leat-io/leat/pipeline"
)

// secretLine is a line of a file that may hold a secret. It is not sent anywhere.
var secretLine = regexp.MustCompile(`(?i)secret|token|passw|credential|authorization|api_?key|private|://[^/\s]*@`)

// ProblemsOf are the problems of a report, for who implements [Reloader].
func ProblemsOf(r *pipeline.Report) (list []FileProblem) {
	if r == nil {
		return nil
	}
	for _, p := range r.Problems() {
		one := FileProblem{File: p.File, Line: p.Line, Column: p.Col, Warning: p.Warning, Text: p.Msg, Hint: p.Hint}
		if line, blanks := r.Settings().Excerpt(p); line != "" && !secretLine.MatchString(line) {
			one.Excerpt = line + "\n" + blanks + "^"
		}
		list = append(list, one)
	}
	return list
}
