// Package awsmessage is what SQS and SNS have in common about the messages that
// they are sent: where and in what order they go, what may be in them, and what a
// refusal of one means.
package awsmessage

import (
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
