package cli

import (
	"context"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/pipeline"
)

// adminFor starts the admin listener of a pipeline, if the file or the flag asks for one.
func (flags *runFlags) adminFor(ctx context.Context, file string, p *pipeline.Pipeline, o pipeline.Options) (stop func(), err error) {
	config := p.Admin()
	if flags.admin != "" {
		if config == nil {
			config = &pipeline.AdminConfig{}
		}
		config.Listen = flags.admin
		if config.Token == "" {
			token, _ := lookupEnv(o)(adminTokenVariable)
			config.Token = pipeline.Secret(token)
		}
	}
	if config == nil {
		return func() {}, nil
	}
	s, err := admin.New(admin.Options{
		Config: *config, Pipeline: func() *pipeline.Pipeline { return p }, Version: version(), Log: o.Log,
		Expand: func() ([]byte, *pipeline.Report) { return pipeline.Expand(file, o, false) },
	})
	if err != nil {
		return nil, err
	}
	if err := s.Listen(ctx); err != nil {
		return nil, err
	}
	return func() { _ = s.Close() }, nil
}
