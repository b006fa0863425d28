package cli

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/providers"
)

// helpOf is what a command prints with --help.
func helpOf(t *testing.T, command ...string) string {
	t.Helper()
	var out, err strings.Builder
	if code := run(context.Background(), StandardCatalog(), providers.Setups(), append(command, "--help"), terminal{&out, &err}); code != exitOK {
		t.Fatalf("%v: exit code %d: %s", command, code, err.String())
	}
	return out.String()
}

// unnamed is a flag whose value has no other name than that of its type.
var unnamed = regexp.MustCompile(`--[a-z-]+ (string|stringArray|int|uint|duration|float64)\b`)

func TestHelpFitsATerminalAndShowsExamples(t *testing.T) {
	root := helpOf(t)
	commands := [][]string{nil, {"sns", "verify"}, {"plugin", "new"}, {"plugin", "check"}, {"dead", "list"}, {"dead", "show"}, {"dead", "replay"}}
	for line := range strings.Lines(root[strings.Index(root, "Write a flow:"):strings.Index(root, "Flags:")]) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "  "), " "); ok && strings.HasPrefix(line, "  ") {
			commands = append(commands, []string{name})
		}
	}
	if len(commands) < 15 {
		t.Errorf("only %d commands in\n%s", len(commands), root)
	}
	for _, c := range commands {
		text := helpOf(t, c...)
		if !strings.Contains(text, "\nExamples:\n  ") {
			t.Errorf("leat %v has no example", c)
		}
		for line := range strings.Lines(text) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > manual.Width {
				t.Errorf("leat %v: too wide: %s", c, line)
			}
		}
		if strings.Contains(text, "…\n") {
			t.Errorf("leat %v: something is cut off", c)
		}
		if found := unnamed.FindString(text); found != "" {
			t.Errorf("leat %v: a flag does not say what it takes: %s", c, found)
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("leat %v: colours where there is no terminal", c)
		}
	}
}
