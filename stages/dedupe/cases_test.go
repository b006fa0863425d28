package dedupe_test

import (
	"testing"

	"github.com/leat-io/leat/pipeline/flowtest"
)

func TestCases(t *testing.T) { flowtest.RunCases(t, catalog(), "testdata") }
