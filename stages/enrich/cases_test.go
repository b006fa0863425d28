package enrich_test

import (
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

func TestCases(t *testing.T) {
	flowtest.RunCases(t, pipeline.Catalog{Stages: stages.All()}, "testdata")
}
