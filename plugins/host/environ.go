package host

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// inherited are the variables of leat that a plugin gets: what a program needs to find
// others, and to speak the user's language.
var inherited = []string{"PATH", "HOME", "TMPDIR", "TZ", "LANG"}

// environ is the environment of a plugin. What leat and go-plugin tell it comes behind.
func environ(own map[string]conf.Secret) []string {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(inherited, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, variable)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		env = append(env, name+"="+own[name].Reveal())
	}
	return env
}
