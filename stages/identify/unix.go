package identify

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseUnix reads a number of seconds, or of parts of a second, since 1970. A
// fraction counts to the microsecond.
func parseUnix(text string, perSecond int64) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		nanos := n % perSecond * (int64(time.Second) / perSecond)
		return time.Unix(n/perSecond, nanos).UTC(), nil
	}
	f, err := strconv.ParseFloat(text, 64)
	seconds, fraction := math.Modf(f / float64(perSecond))
	// NaN is within no bounds. Beyond these there is no year to write.
	if within := math.Abs(seconds) < 1e12; err != nil || !within || strings.ContainsAny(text, "xX_") {
		return time.Time{}, fmt.Errorf("%q is not a number of seconds or milliseconds", text)
	}
	micros := int64(math.Round(fraction * 1e6))
	return time.Unix(int64(seconds), micros*int64(time.Microsecond)).UTC(), nil
}
