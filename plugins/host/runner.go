package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The methods below are what go-plugin asks of a process, beside Start.

// Wait implements runner.Runner.
func (p *process) Wait(context.Context) error {
	<-p.done
	return p.reason()
}

var errGivenUp = errors.New("it was ended while it started")

// Kill implements runner.Runner.
func (p *process) Kill(context.Context) error {
	p.kill(errGivenUp)
	return nil
}

// Stdout implements runner.Runner: the first line, which says how the plugin can be
// reached.
func (p *process) Stdout() io.ReadCloser { return p.hello }

// Stderr implements runner.Runner. What a plugin writes there is read by this package.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (p *process) Name() string { return filepath.Base(p.cmd.Path) }

// ID implements runner.Runner.
func (p *process) ID() string { return strconv.Itoa(p.pid) }

// Diagnose implements runner.Runner.
func (p *process) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.Runner. A plugin that names another place than the
// folder that was made for it could have leat talk to anybody; one below that folder may
// lie behind a link.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	if network != "unix" {
		return "", "", fmt.Errorf("it listens on %s, and has to on a unix socket in the folder that PLUGIN_UNIX_SOCKET_DIR names", network)
	}
	info, err := os.Lstat(address)
	if filepath.Dir(filepath.Clean(address)) != filepath.Clean(p.folder) || err != nil || info.Mode().Type() != os.ModeSocket {
		return "", "", errors.New("it names a socket that is not one in the folder that PLUGIN_UNIX_SOCKET_DIR names")
	}
	return network, address, nil
}

// HostToPlugin implements runner.Runner.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
