package decode

import (
	"slices"
	"unicode/utf8"

	"github.com/leat-io/leat/pipeline"
)

// csvOnly returns the name of a setting in use that only CSV has.
func (c *Config) csvOnly() string {
	switch {
	case len(c.Columns) > 0:
		return "columns"
	case c.Header != nil:
		return "header"
	case c.Separator != ",":
		return "separator"
	case c.Single:
		return "single"
	}
	return ""
}

func (c *Config) validateCSV() error {
	if _, ok := separator(c.Separator); !ok {
		return pipeline.FieldError("separator", "want one character other than a quote or the end of a line, got %q", c.Separator)
	}
	if c.Header != nil && !*c.Header && len(c.Columns) == 0 {
		return pipeline.FieldError("header", "without a header, columns must name the fields")
	}
	if err := checkColumns(c.Columns); err != nil {
		return pipeline.FieldError("columns", "%w", err)
	}
	return nil
}

// separator reads the setting of that name.
func separator(s string) (rune, bool) {
	if s == "tab" || s == `\t` {
		return '\t', true
	}
	r, size := utf8.DecodeRuneInString(s)
	if size != len(s) || slices.Contains([]rune{'"', '\r', '\n', 0, utf8.RuneError}, r) {
		return 0, false
	}
	return r, true
}
