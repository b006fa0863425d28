package conf

import "strings"

// unexpectedColon is a colon where no setting can begin. The mistake is often on
// the line before, which YAML took for text that goes on.
func unexpectedColon(src *source, here mistake) mistake {
	above := lineAbove(src, here.line)
	if m, ok := missingSpace(src, above); ok {
		return m
	}
	if strings.Contains(before(src, here), ": ") {
		return here.saying("a second colon on the same line", "put the value in quotes if the colon belongs to it")
	}
	if text := src.line(above); above > 0 && !strings.Contains(text, ":") {
		return mistake{line: above, col: startOf(text)}.saying("expected name: value, but there is no colon", "")
	}
	here.col = startOf(src.line(here.line))
	return here.saying("this line is indented deeper than the one above, which already has a value",
		"settings of one level start in the same column")
}

// secondRoot is more text where the file should have ended, because what is above
// it was no setting.
func secondRoot(src *source, here mistake) mistake {
	above := lineAbove(src, here.line)
	if m, ok := missingSpace(src, above); ok {
		return m
	}
	return outOfPlace(here)
}

// missingColon is a line that looks like a name, with no colon behind it.
func missingColon(src *source, begin mistake) mistake {
	if m, ok := missingSpace(src, begin.line); ok {
		return m
	}
	return begin.saying("expected name: value, but there is no colon", "")
}

// lineAbove returns the number of the nearest line above that says something.
func lineAbove(src *source, line int) int {
	for line--; line > 0; line-- {
		if text := strings.TrimSpace(src.line(line)); text != "" && !strings.HasPrefix(text, "#") {
			return line
		}
	}
	return 0
}

// before returns what the line holds in front of a place.
func before(src *source, m mistake) string {
	return strings.TrimSuffix(src.line(m.line), src.from(m.line, m.col))
}

func startOf(text string) int {
	return len(text) - len(strings.TrimLeft(text, " \t")) + 1
}
