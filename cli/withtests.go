package cli

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim/testfile"
)

func testsOf(file string) string { return strings.TrimSuffix(file, ".yaml") + testfile.Suffix }

// withTests has a flow that is only tried out see what the tests beside its file set: their
// variables, and what they lay over it. It returns the tests, nil if there are none.
func withTests(file string, o *pipeline.Options) (*testfile.File, error) {
	tests, err := testfile.Read(testsOf(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	o.Getenv = func(name string) (string, bool) {
		if v, ok := tests.Getenv(name); ok {
			return v, true
		}
		return os.LookupEnv(name)
	}
	if tests.With != nil {
		o.Patches = append(o.Patches, *tests.With)
	}
	return tests, nil
}
