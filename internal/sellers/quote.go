package sellers

import (
	"regexp"

	"github.com/leat-io/leat/internal/conf"
)

// maxLabel is how long in bytes the name or the id of a seller may be. Tokens are longer.
const maxLabel = 64

// tokenStart is how Amazon's tokens begin, such as Atzr|.
var tokenStart = regexp.MustCompile(`^[A-Za-z]{4}\|`)

// CheckLabel refuses a value that may be a token in the place of what is printed of a
// seller, as when the columns of a table are shifted. The error does not quote it.
func CheckLabel(field, value string) error {
	if len(value) > maxLabel || tokenStart.MatchString(value) {
		return conf.FieldError(field, "want up to %d bytes, and no token: it is printed", maxLabel)
	}
	return nil
}

var (
	quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)
	// harmless are quotes of punctuation, names of settings and the paths of
	// files that are to be expanded.
	harmless = regexp.MustCompile(`^.([^A-Za-z0-9]{1,4}|[a-z_]{1,30}|\$\{file:/.*\})?.$`)
)

// withoutQuotes leaves out of a message what it quotes of a file, but for what tells no
// token.
func withoutQuotes(message string) string {
	return quoted.ReplaceAllStringFunc(message, func(q string) string {
		if harmless.MatchString(q) {
			return q
		}
		return `"…"`
	})
}
