package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/leat-io/leat/cli/starter"
	"github.com/leat-io/leat/pipeline"
)

// presetName is what a preset may be called: it names files, and events' ways.
var presetName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// beginPreset writes the starter for a preset of one's own into a folder.
func beginPreset(catalog pipeline.Catalog, name, folder string, t terminal) error {
	_, isPreset := presetOf(catalog, name)
	isSource := slices.ContainsFunc(catalog.Sources, func(d pipeline.SourceDef) bool { return d.Name == name })
	switch {
	case !presetName.MatchString(name):
		return usageError(fmt.Sprintf("--preset %q: want a name of letters, digits, - and _, as in --preset acme", name))
	case isPreset || isSource || name == "link":
		return usageError(fmt.Sprintf("--preset %s: there is a source or preset of this name already: choose another", name))
	}
	_, err := os.Lstat(filepath.Join(folder, standardFile))
	return writeStarter(folder, starter.Own(name, err == nil), t)
}
