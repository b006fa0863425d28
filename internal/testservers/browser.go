package testservers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Browser returns a Node, a folder node_modules with playwright-core, and a Chromium for
// it. It takes the browser from LEAT_CHROMIUM, else from the PATH.
func Browser(t testing.TB) (node, modules, chromium string) {
	t.Helper()
	modules = installed()
	if !exists(filepath.Join(modules, "playwright-core", "package.json")) {
		skip(t, fmt.Errorf("playwright-core is not in %q: run make test or internal/testservers/install.sh", modules))
	}
	node, err := findNode()
	if err != nil {
		if node, err = exec.LookPath("node"); err != nil {
			skip(t, errors.New("there is no Node here: run make test or internal/testservers/install.sh, or install Node 18 or later"))
		}
	}
	for _, name := range []string{os.Getenv("LEAT_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return node, modules, path
		}
	}
	skip(t, errors.New("there is no Chromium here: install Debian's chromium (make test does), or set LEAT_CHROMIUM to one"))
	return "", "", ""
}
