package mws

import (
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/setup"
)

func TestMW1SetupRefusesWithTheDate(t *testing.T) {
	n, p := conf.Parse([]conf.Source{{Name: "setup.yaml", Data: []byte("{}")}}, nil, os.ReadFile)
	_, err := Setup.Plan(t.Context(), n, &setup.Env{Flow: "offers"}, p)
	if err == nil || !strings.Contains(err.Error(), "MWS was retired on 2024-04-01") {
		t.Errorf("%v", err)
	}
}
