// Package snssig tells whether an SNS envelope is genuine, and confirms
// subscriptions.
//
// # What a verified envelope proves
//
// SNS signs with a key of its own, not with one of the topic's owner. A valid
// signature therefore says only that the SNS of some AWS account sent the
// message: whoever has an account can have any text signed, for a topic of his.
// What makes it proof is the allow-list of topics, since the topic's ARN is
// signed along. There is no [Verifier] without one, and it is asked before
// anything is fetched or computed.
//
// # What a certificate is trusted for
//
// The file that SigningCertURL names holds a leaf without its chain. What is
// trusted is where it came from: an HTTPS connection, verified against the
// system's roots, to sns.REGION.amazonaws.com, the region being that of the
// allowed topic. Nobody but AWS can put a file there. What the certificate says
// of itself (its names, its validity, an RSA key of 2048 bits at least) is
// checked besides, so that no other file of that host will do. A pinned
// certificate is trusted because the operator says so.
//
// # What is signed
//
// The string to sign is lines without any quoting: a line feed in a value could
// pass for the end of it. Message, which may hold line feeds, is the first of
// the fields, so that the string can be read in one way only if no other field
// holds control characters. One that does is refused, as SNS never sends it.
//
// MessageAttributes, UnsubscribeURL and SigningCertURL are not signed.
//
// The form of the messages is documented in the SNS developer guide, "Verifying
// the signatures of Amazon SNS messages"; the names in certificates are those
// that the AWS SDK for Java 2 (sns-message-manager) expects.
package snssig
