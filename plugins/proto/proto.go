// Package proto is the contract between leat and its plugins: plugin.proto, what is
// generated from it, and how a plugin and leat find each other.
package proto

import "github.com/hashicorp/go-plugin"

// Version is that of the contract.
const Version = 1

// Handshake is what tells a plugin that leat has started it.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  Version,
	MagicCookieKey:   "LEAT_PLUGIN",
	MagicCookieValue: "4c656174",
}

// Service is what a plugin is called within its process.
const Service = "leat"
