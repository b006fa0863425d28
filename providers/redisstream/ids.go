package redisstream

import (
	"cmp"
	"strconv"
	"strings"
)

// byID orders entries as they are in the stream.
func byID(a, b *entry) int { return compareIDs(a.id, b.id) }

// compareIDs compares ids: a time in milliseconds, a number within it.
func compareIDs(a, b string) int {
	aTime, aNumber := splitID(a)
	bTime, bNumber := splitID(b)
	return cmp.Or(cmp.Compare(aTime, bTime), cmp.Compare(aNumber, bNumber))
}

func splitID(id string) (time, number uint64) {
	before, behind, _ := strings.Cut(id, "-")
	time, _ = strconv.ParseUint(before, 10, 64)
	number, _ = strconv.ParseUint(behind, 10, 64)
	return time, number
}
