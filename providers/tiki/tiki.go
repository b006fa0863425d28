// Package tiki takes events from a queue of Tiki's event queue system, which is pulled over
// HTTP.
//
// Tiki gives out up to a hundred events at a time and removes them only together, when the
// next pull says so. The source says so only after every one of them is settled, so that
// nothing else can be pulled until then.
package tiki

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Source takes events from a queue.
var Source = pipeline.DefineSource("tiki", SourceConfig{
	Account: Account{
		BaseURL:     defaultBaseURL,
		TokenURL:    defaultTokenURL,
		Timeout:     30 * time.Second,
		MaxResponse: 16 << 20,
	},
	Wait:        time.Minute,
	ReturnAfter: conf.Range{Min: time.Second, Max: time.Minute},
}, NewSource)

const (
	defaultBaseURL  = "https://api.tiki.vn/integration/v1"
	defaultTokenURL = "https://api.tiki.vn/sc/oauth2/token"
)
