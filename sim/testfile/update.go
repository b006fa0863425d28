package testfile

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Update writes what came of tests into the file in place of what was expected of them.
// The rest of the file stays as it is, comments outside of `expect` with it. It reports how
// many tests were changed. What cannot be expected, such as messages that are not settled,
// still fails.
func (f *File) Update(results []*Result) (changed int, err error) {
	lines := strings.SplitAfter(string(f.data), "\n")
	if last := len(lines) - 1; lines[last] != "" {
		lines[last] += "\n"
	} else {
		lines = lines[:last]
	}
	sorted := slices.Clone(results)
	slices.SortFunc(sorted, func(a, b *Result) int { return b.Test.node.Line - a.Test.node.Line }) // the last first: the places before it stay
	for _, r := range sorted {
		if len(r.Failures) == 0 || slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.final }) {
			continue
		}
		if lines, err = r.rewrite(lines, f); err != nil {
			return changed, err
		}
		changed++
	}
	if changed == 0 {
		return 0, nil
	}
	text := []byte(strings.Join(lines, ""))
	if _, err := Parse(f.Path, text); err != nil {
		return 0, fmt.Errorf("%s: what came cannot be written as an expectation: %w", f.Path, err)
	}
	return changed, os.WriteFile(f.Path, text, 0o644)
}

// rewrite replaces the lines of a test's expect, or adds them behind the test.
func (r *Result) rewrite(lines []string, f *File) ([]string, error) {
	test := r.Test.node
	indent := strings.Repeat(" ", test.Col-1)
	from, to := endOf(lines, test.Line-1, len(indent)), 0
	for i := test.Line; i < from; i++ {
		if strings.HasPrefix(lines[i], indent+"expect:") {
			from, to = i, endOf(lines, i, len(indent)+1)
		}
	}
	switch {
	case r.Test.expects != nil && to == 0:
		return nil, fmt.Errorf("%s: expect has to begin on a line of its own to be rewritten", f.at(r.Test.expects))
	case to == 0:
		to = from
	}
	return slices.Concat(lines[:from], r.expectation(indent), lines[to:]), nil
}

// endOf is the line behind the block that begins on a line: behind the last one before the
// first that is indented by less than least. Empty lines and comments at its end are none
// of the block's.
func endOf(lines []string, begin, least int) int {
	end := begin + 1
	for i := begin + 1; i < len(lines); i++ {
		text := strings.TrimLeft(lines[i], " ")
		if strings.TrimSpace(text) == "" || text[0] == '#' {
			continue
		}
		if len(lines[i])-len(text) < least {
			break
		}
		end = i + 1
	}
	return end
}

// expectation is what came as an expect.
func (r *Result) expectation(indent string) (lines []string) {
	add := func(depth int, text string) {
		lines = append(lines, indent+strings.Repeat("  ", depth)+text+"\n")
	}
	add(0, "expect:")
	x := &r.Test.Expect
	r.writeSinks(add)
	switch {
	case x.dead.Any:
		add(1, "dead: any")
	case len(r.dead) > 0:
		add(1, "dead:")
		for _, g := range r.dead {
			add(2, "- "+g.text(fieldsFor(x.dead, g)))
		}
	}
	if counts := r.writeCounts(); counts != "" {
		add(1, counts)
	}
	if len(lines) == 1 {
		lines[0] = indent + "expect: {} # nothing comes out\n"
	}
	return lines
}

func (r *Result) writeSinks(add func(depth int, text string)) {
	x := &r.Test.Expect
	names := slices.DeleteFunc(union(r.out, x.out), func(name string) bool {
		return len(r.out[name]) == 0 && !(x.out[name] != nil && x.out[name].Any)
	})
	if len(names) > 0 {
		add(1, "out:")
	}
	for _, name := range names {
		if want := x.out[name]; want != nil && want.Any {
			add(2, yamlText(name)+": any")
			continue
		}
		add(2, yamlText(name)+":")
		for _, g := range r.out[name] {
			add(3, "- "+g.text(fieldsFor(x.out[name], g)))
		}
	}
}

// fieldsFor are the fields that were expected of the events of a sink, or of one that
// nobody has expected.
func fieldsFor(want *Expected, g *got) shown {
	s := shown{"marks": true}
	if want != nil {
		for _, e := range want.Events {
			for _, name := range e.node.Keys() {
				s[name] = true
			}
			for _, name := range e.Has.Keys() {
				s["has."+name] = true
			}
			for name := range e.Meta {
				s["meta."+name] = true
			}
		}
	}
	if len(s) == 1 {
		return shownFields(g)
	}
	return s
}

// writeCounts is the counters that were named, with their values.
func (r *Result) writeCounts() string {
	names := slices.Collect(maps.Keys(r.Test.Expect.Counts))
	if r.count[countReturned] > 0 && !slices.Contains(names, countReturned) {
		names = append(names, countReturned)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s: %d", yamlText(name), r.count[name]))
	}
	if len(parts) == 0 {
		return ""
	}
	return "counts: {" + strings.Join(parts, ", ") + "}"
}
