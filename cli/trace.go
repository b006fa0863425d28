package cli

import (
	"context"
	"reflect"

	"github.com/leat-io/leat/live"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/tracing"
)

// startTracing has spans sent, if the file says so.
func startTracing(ctx context.Context, x *tracing.Exporting, r *live.Runner, o pipeline.Options) error {
	first := r.Pipeline().Tracing()
	r.Tell(func(status live.Status) {
		if status.Last.Result == live.ResultOK && !reflect.DeepEqual(r.Pipeline().Tracing(), first) {
			o.Log.Warn("tracing has changed in the files, and stays as it was until leat is started again")
		}
	})
	return x.Start(ctx)
}
