package conf

import (
	"net/url"
	"strings"
)

// MarkSecret has a value count as a secret that no [Secret] is decoded from.
func (n *Node) MarkSecret() { n.secret = true }

// Conceal returns a copy of a tree that [Decode] has read, in which *** stands for the
// secrets that are written in the file itself; a secret that is ${…} stays so. Of an
// address only the password counts. found is called with each.
func Conceal(n *Node, found func(*Node)) *Node {
	return n.Substitute(func(n *Node) *Node {
		if text := n.concealed(); text != n.Raw {
			found(n)
			return &Node{File: n.File, Line: n.Line, Col: n.Col, Kind: Scalar, Value: text, Raw: text}
		}
		return n
	})
}

// concealed is the text of a scalar without a secret.
func (n *Node) concealed() string {
	switch {
	case !n.secret || n.Raw == "" || len(n.pieces) > 0 && !strings.Contains(n.Raw, ":-"):
		return n.Raw
	case n.Raw == n.Value && strings.Contains(n.Value, "://"):
		return withoutPassword(n.Value)
	}
	return hidden
}

// withoutPassword is an address as it is, or *** if it may hold more than a host and path.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return hidden
	}
	return address
}
