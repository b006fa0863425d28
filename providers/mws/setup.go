package mws

import (
	"context"
	"errors"

	"github.com/leat-io/leat/setup"
)

// Setup refuses: there is nothing left to set up.
var Setup = setup.Define("mws", SetupConfig{}, plan)

// SetupConfig are the settings of `setup:` in a flow from mws; there are none. Amazon
// retired MWS on 2024-04-01.
type SetupConfig struct{}

func plan(context.Context, SetupConfig, *setup.Env) (*setup.Plan, error) {
	return nil, errors.New("MWS was retired on 2024-04-01, so that nothing can be subscribed there any more: a flow from mws reads recorded or forwarded notifications; take the same ones from the Selling Partner API, with a flow from spapi")
}
