//go:build !unix

package host

import (
	"errors"
	"os/exec"
)

func startGroup(*exec.Cmd, limits) error {
	return errors.New("plugins need a system with unix sockets and process groups")
}

func awaitExit(int) bool { return false }

func killGroup(int) {}

func residentMemory(int) int64 { return 0 }
