package listener

import (
	"net"
	"net/netip"
	"strconv"
)

// Address returns what to listen on for a setting host:port: loopback where no host
// is written.
func Address(setting string) (string, error) {
	host, port, err := net.SplitHostPort(setting)
	if err != nil {
		return "", err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// Exposed reports whether the address is one that others can reach too, as far
// as that can be told without asking a name server.
func Exposed(setting string) bool {
	address, _ := Address(setting)
	at, err := netip.ParseAddrPort(address)
	return err == nil && !at.Addr().IsLoopback()
}
