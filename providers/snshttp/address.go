package snshttp

import (
	"net"
	"net/netip"
	"strconv"
)

// address returns what to listen on: loopback where no host is written.
func (c SourceConfig) address() (string, error) {
	host, port, err := net.SplitHostPort(c.Listen)
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

// exposed reports whether the address is one that others can reach too, as far
// as that can be told without asking a name server.
func (c SourceConfig) exposed() bool {
	address, _ := c.address()
	at, err := netip.ParseAddrPort(address)
	return err == nil && !at.Addr().IsLoopback()
}
