package cli

import (
	"path/filepath"
	"testing"
)

func TestTheLimitIsTheSmallestOfAllGroups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		self  string
		files map[string]string
		want  int64
	}{
		"a container":      {"0::/\n", map[string]string{"memory.max": "1000\n"}, 1000},
		"a service":        {"0::/system.slice/leat.service\n", map[string]string{"system.slice/memory.max": "max\n", "system.slice/leat.service/memory.max": "500\n"}, 500},
		"the slice's":      {"0::/system.slice/leat.service\n", map[string]string{"system.slice/memory.max": "300\n", "system.slice/leat.service/memory.max": "500\n"}, 300},
		"none":             {"0::/a\n", map[string]string{"a/memory.max": "max\n"}, 0},
		"version 1":        {"5:memory:/a\n", map[string]string{"a/memory.max": "7\n"}, 0},
		"nothing readable": {"", nil, 0},
		"nonsense":         {"0::/../../a\n", map[string]string{"a/memory.max": "many\n"}, 0},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, "self"), c.self)
		for file, text := range c.files {
			write(t, filepath.Join(root, "fs", file), text)
		}
		if got := groupLimit(filepath.Join(root, "self"), filepath.Join(root, "fs")); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
