package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/manual"
)

// The texts are gathered from the source: what has none would be printed without a word.
func TestEverySettingHasItsManual(t *testing.T) {
	for _, s := range []*shelf{stageShelf(StandardCatalog()), providerShelf(StandardCatalog())} {
		for _, k := range s.kinds {
			for _, p := range k.pages {
				if p.About == "" || len(k.pages) == 0 {
					t.Errorf("%s %s: there is nothing about it; run go run ./docs/generate", p.Kind, p.Name)
				}
				wantTexts(t, p.Kind+" "+p.Name, p.Settings)
			}
		}
	}
}

func wantTexts(t *testing.T, of string, settings []manual.Setting) {
	t.Helper()
	for _, s := range settings {
		if s.About == "" {
			t.Errorf("%s: the setting %s has no text: write a comment and run go run ./docs/generate", of, s.Name)
		}
		wantTexts(t, of+"."+s.Name, s.Inner)
	}
}

func TestManualFitsATerminal(t *testing.T) {
	for _, s := range []*shelf{stageShelf(StandardCatalog()), providerShelf(StandardCatalog())} {
		for _, name := range s.names() {
			var out strings.Builder
			pages := s.find(name)
			for i := range pages {
				pages[i].Examples, pages[i].Source, pages[i].Stages = nil, "", "" // lines of files are not wrapped
			}
			if err := manual.Print(&out, manual.Style{}, pages...); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				if utf8.RuneCountInString(strings.TrimSpace(line)) > manual.Width {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
	}
}
