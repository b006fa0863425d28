package enrich

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/leat-io/leat/internal/testservers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServers{m}) }

// withServers stops the servers that tests have started before leaks are looked
// for.
type withServers struct{ m *testing.M }

func (w withServers) Run() int { return testservers.Main(w.m) }
