package awsmessage

import "strings"

// FIFOSuffix ends the names of FIFO queues and topics.
const FIFOSuffix = ".fifo"

// IsFIFO reports whether a name is that of a FIFO queue or topic.
func IsFIFO(name string) bool { return strings.HasSuffix(name, FIFOSuffix) }

// IsName reports whether a queue or topic can have the name, of most characters at
// the most. It keeps events from choosing a place: a URL, another account or a
// subscription.
func IsName(name string, most int) bool {
	if len(name) > most {
		return false
	}
	name = strings.TrimSuffix(name, FIFOSuffix)
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
