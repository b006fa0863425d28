// Package stages lists the stages that leat brings along. To add one, make a
// folder with its settings and behaviour, and a line here.
package stages

import (
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/stages/copy"
	"github.com/leat-io/leat/stages/decode"
	"github.com/leat-io/leat/stages/dedupe"
	"github.com/leat-io/leat/stages/enrich"
	"github.com/leat-io/leat/stages/filter"
	"github.com/leat-io/leat/stages/identify"
	mapstage "github.com/leat-io/leat/stages/map"
	"github.com/leat-io/leat/stages/plugin"
	"github.com/leat-io/leat/stages/reorder"
	"github.com/leat-io/leat/stages/route"
	"github.com/leat-io/leat/stages/snsunwrap"
	"github.com/leat-io/leat/stages/split"
)

// All returns the stages.
func All() []pipeline.StageDef {
	return []pipeline.StageDef{
		decode.Stage,
		snsunwrap.Stage,
		split.Stage,
		identify.Stage,
		dedupe.Stage,
		reorder.Stage,
		enrich.Stage,
		filter.Stage,
		mapstage.Stage,
		route.Stage,
		copy.Stage,
		plugin.Stage,
	}
}
