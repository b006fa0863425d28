// Package providers lists the sources and sinks that leat brings along. To add
// one, make a folder with its settings and behaviour, and a line here.
package providers

import (
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/di"
	"github.com/leat-io/leat/providers/file"
	"github.com/leat-io/leat/providers/http"
	"github.com/leat-io/leat/providers/mws"
	"github.com/leat-io/leat/providers/plugin"
	"github.com/leat-io/leat/providers/redisstream"
	"github.com/leat-io/leat/providers/sevensenders"
	"github.com/leat-io/leat/providers/sns"
	"github.com/leat-io/leat/providers/snshttp"
	"github.com/leat-io/leat/providers/spapi"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/providers/stdin"
	"github.com/leat-io/leat/providers/stdout"
	"github.com/leat-io/leat/providers/tiki"
	"github.com/leat-io/leat/setup"
)

// Sources returns the sources.
func Sources() []pipeline.SourceDef {
	return []pipeline.SourceDef{file.Source, stdin.Source, http.Source, snshttp.Source, sqs.Source, redisstream.Source, tiki.Source}
}

// Presets returns the presets, by the names of the vendors.
func Presets() []pipeline.PresetDef {
	return []pipeline.PresetDef{sevensenders.Preset, di.Preset, spapi.Preset, mws.Preset, tiki.Preset}
}

// Setups returns what is to be set up for presets.
func Setups() []setup.Def {
	return []setup.Def{sevensenders.Setup, di.Setup, spapi.Setup, mws.Setup, tiki.Setup}
}

// Sinks returns the sinks.
func Sinks() []pipeline.SinkDef {
	return []pipeline.SinkDef{file.Sink, stdout.Sink, http.Sink, sns.Sink, sqs.Sink, redisstream.Sink, plugin.Sink}
}
