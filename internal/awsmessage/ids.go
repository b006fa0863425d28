package awsmessage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
)

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

// Order is what a FIFO queue or topic goes by: in a group it keeps the order, and of
// messages with the same Deduplication it takes the first.
type Order struct{ Group, Deduplication string }

// OrderOf returns the ids for an event, given the texts for them that are set, or "".
// Without a group, an event of a key goes with the others of that key, and any other
// alone. It is false for an event that nothing tells from others.
func OrderOf(group, deduplication, eventKey, eventID string) (Order, bool) {
	if deduplication = cmp.Or(deduplication, eventID); deduplication == "" {
		return Order{}, false
	}
	return Order{ID(cmp.Or(group, eventKey, eventID, deduplication)), ID(deduplication)}, true
}
