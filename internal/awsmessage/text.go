// Package awsmessage is what SQS and SNS have in common about the messages that
// they are sent: what may be in them, and what a refusal of one means.
package awsmessage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"
)

// CheckText reports the first thing in s that is not one of the characters that
// messages may have: those of XML 1.0, in UTF-8.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func CheckText(s string) error {
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return fmt.Errorf("it is not UTF-8 text: byte %d is 0x%02x", i, s[i])
		case !allowed(r):
			return fmt.Errorf("it has the character %U at byte %d, which AWS does not take", r, i)
		}
		i += size
	}
	return nil
}

func allowed(r rune) bool {
	return r >= ' ' && r != 0xfffe && r != 0xffff || r == '\t' || r == '\n' || r == '\r'
}

const maxID = 128

// ID returns s if it can be the id of a group or of a deduplication, and a hash of
// it otherwise: AWS takes up to 128 letters, digits and punctuation characters of
// ASCII. The empty id stays empty.
func ID(s string) string {
	if len(s) <= maxID && isID(s) {
		return s
	}
	hash := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(hash[:])
}

func isID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// MaxAttributes is how many attributes SQS keeps for a message, and SNS hands on
// to it.
const MaxAttributes = 10

// CheckName reports why name cannot be that of an attribute.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func CheckName(name string) error {
	switch {
	case name == "" || len(name) > 256:
		return errors.New("a name has 1 to 256 characters")
	case reserved(name, "aws.") || reserved(name, "amazon."):
		return errors.New("names that begin with AWS. or Amazon. belong to AWS")
	case name[0] == '.' || name[len(name)-1] == '.':
		return errors.New("a name neither begins nor ends with a dot")
	}
	for i := range len(name) {
		c := name[i]
		if c == '.' && name[i-1] == '.' {
			return errors.New("a name has no two dots in a row")
		}
		if !isLetter(c) && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return errors.New("a name has only letters, digits, dots, _ and -")
		}
	}
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func reserved(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if c := name[i]; c != prefix[i] && (!isLetter(c) || c|0x20 != prefix[i]) {
			return false
		}
	}
	return true
}
