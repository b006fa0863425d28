package pipeline

import (
	"net"
	"net/netip"

	"github.com/leat-io/leat/internal/listener"
)

// AdminAddress is where the admin listener listens unless it is told otherwise.
const AdminAddress = "127.0.0.1:7070"

// AdminConfig is what is said of the admin listener: health, API and page of a pipeline.
type AdminConfig struct {
	// Where it listens, host:port; 127.0.0.1:7070 if nothing is said. Without a host, only
	// programs on this machine reach it.
	Listen string `yaml:"listen"`
	// What callers have to show, as Authorization: Bearer TOKEN: at least 16 characters,
	// such as openssl rand -hex 16 prints. Without it whoever is on this machine may look
	// and act; an address that others reach has to have one.
	Token Secret `yaml:"token"`
}

// shortestToken is how long a token has to be not to be guessed.
const shortestToken = 16

// Validate checks what one setting cannot.
func (c AdminConfig) Validate() error {
	if c.Listen == "" {
		c.Listen = AdminAddress
	}
	address, err := listener.Address(c.Listen)
	token := c.Token.Reveal()
	switch {
	case err != nil:
		return FieldError("listen", "want host:port, such as %s", AdminAddress)
	case token != "" && len(token) < shortestToken:
		return FieldError("token", "is shorter than %d characters, and could be guessed: take what openssl rand -hex 16 prints", shortestToken)
	case token == "" && !onLoopback(address):
		return FieldError("listen", `others reach %s, who could pause flows and read payloads: give it a token, as in token: "${ADMIN_TOKEN}", or listen on %s`, c.Listen, AdminAddress)
	}
	return nil
}

// onLoopback reports whether only this machine reaches an address. A name may mean any.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Admin is what the file says of the admin listener, nil if it says nothing: then there
// is none.
func (p *Pipeline) Admin() *AdminConfig { return p.admin }
