package cli

import (
	"os"
	"testing"

	"github.com/leat-io/leat/providers"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts a command called leat on the PATH of the tests. It is the test
// program itself, so that the tests start, stop and kill real processes without
// building anything.
func TestMain(m *testing.M) {
	// The race detector would have every process wait for a second at its end.
	os.Setenv("GORACE", "atexit_sleep_ms=1")
	testscript.Main(m, map[string]func(){
		"leat": func() { os.Exit(Main(StandardCatalog(), providers.Setups()...)) },
	})
}
