package testservers

import (
	"errors"
	"os/exec"
	"testing"
)

// Promtool returns the path of the program that checks rules of Prometheus.
func Promtool(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		skip(t, errors.New("there is no promtool here: install Debian's prometheus (make test does)"))
	}
	return path
}
