package file

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writeUntilKilled); path != "" {
		writeForEver(path)
		return
	}
	goleak.VerifyTestMain(m)
}
