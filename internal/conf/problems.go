package conf

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or with Warning merely odd, at a place in
// a file. Line is 0 when it concerns the file as a whole, and File is empty when
// it has no place at all.
type Problem struct {
	File    string
	Line    int
	Col     int
	Warning bool
	Msg     string
	Hint    string // what to do: did you mean "dedupe"?
}

// Problems collects what is wrong. It keeps the text of the files from [Parse],
// to print the lines beside the problems. The zero value is ready for use; it
// gets to know a file with the first problem in it.
type Problems struct {
	list    []*Problem
	sources []*source
}

// Errorf adds an error at n, or without a place when n is nil. What stood in
// for a ${…} in n is replaced by that ${…}. The problem is returned for its Hint
// to be set, which is printed as it is.
func (p *Problems) Errorf(n *Node, format string, args ...any) *Problem {
	return p.add(n, scrub(n, fmt.Sprintf(format, args...)))
}

// Warnf adds a warning, in the same way as Errorf.
func (p *Problems) Warnf(n *Node, format string, args ...any) *Problem {
	problem := p.Errorf(n, format, args...)
	problem.Warning = true
	return problem
}

// Include adds the problems of another [Parse], and its files. They sort behind
// the files that p already has.
func (p *Problems) Include(other *Problems) {
	for _, src := range other.sources {
		p.know(src)
	}
	p.list = append(p.list, other.list...)
}

// Forget takes back that ${…} in n or below could not be expanded: who does not read
// these settings need not have what stands in for them.
func (p *Problems) Forget(n *Node) {
	if n == nil {
		return
	}
	p.list = slices.DeleteFunc(p.list, func(problem *Problem) bool { return slices.Contains(n.unread, problem) })
	for _, f := range n.Fields {
		p.Forget(f.Value)
	}
	for _, item := range n.Items {
		p.Forget(item)
	}
}

// List returns the problems in the order of the files and their lines, each
// once. Those without a place come last.
func (p *Problems) List() []Problem {
	var list []Problem
	seen := map[Problem]bool{}
	for _, problem := range p.list {
		if !seen[*problem] {
			seen[*problem] = true
			list = append(list, *problem)
		}
	}
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(p.order(a), p.order(b)),
			strings.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col))
	})
	return list
}

// HasErrors reports whether any problem is more than a warning.
func (p *Problems) HasErrors() bool {
	return slices.ContainsFunc(p.list, func(problem *Problem) bool { return !problem.Warning })
}

// ErrorCount is how many problems are more than warnings.
func (p *Problems) ErrorCount() (n int) {
	for _, problem := range p.list {
		if !problem.Warning {
			n++
		}
	}
	return n
}

// Err returns nil when there are no errors, and otherwise an error whose text is
// all of them as Render prints them. Warnings are left out.
func (p *Problems) Err() error {
	if !p.HasErrors() {
		return nil
	}
	return &problemsError{p}
}

// IsProblems reports whether an error is that of [Problems.Err]: lines with places, to be
// printed as they are.
func IsProblems(err error) bool {
	e, is := err.(*problemsError)
	return is && slices.ContainsFunc(e.p.list, func(p *Problem) bool { return p.Line > 0 })
}

type problemsError struct{ p *Problems }

func (e *problemsError) Error() string {
	var text strings.Builder
	for _, problem := range e.p.List() {
		if !problem.Warning {
			e.p.renderOne(&text, problem, Colours{})
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// add is Errorf for messages that hold no values.
func (p *Problems) add(n *Node, msg string) *Problem {
	problem := &Problem{Msg: msg}
	if n != nil {
		problem.File, problem.Line, problem.Col = n.File, n.Line, n.Col
		p.know(n.src)
	}
	p.list = append(p.list, problem)
	return problem
}

func (p *Problems) at(src *source, line, col int, msg string) *Problem {
	n := &Node{File: src.name}
	if line > 0 {
		n.Line, n.Col = src.clamp(line, col)
	}
	return p.add(n, msg)
}

// know makes p able to print the lines of a file.
func (p *Problems) know(src *source) {
	if src != nil && p.index(src.name) < 0 {
		p.sources = append(p.sources, src)
	}
}

func (p *Problems) index(file string) int {
	return slices.IndexFunc(p.sources, func(src *source) bool { return src.name == file })
}

func (p *Problems) order(problem Problem) int {
	if i := p.index(problem.File); i >= 0 {
		return i
	}
	if problem.File == "" {
		return math.MaxInt
	}
	return len(p.sources)
}
