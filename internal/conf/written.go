package conf

import (
	"fmt"
	"strings"
	"time"
)

// Written returns a value as one would write it in a file: a duration as 2m and not
// as 2m0s.
func Written(v any) string {
	switch v := v.(type) {
	case time.Duration:
		return writtenDuration(v)
	case Range:
		if v.Min == v.Max {
			return writtenDuration(v.Min)
		}
		return writtenDuration(v.Min) + ".." + writtenDuration(v.Max)
	}
	return fmt.Sprint(v)
}

func writtenDuration(d time.Duration) string {
	text := d.String()
	for _, tail := range [...][2]string{{"m0s", "m"}, {"h0m", "h"}} {
		if strings.HasSuffix(text, tail[0]) {
			text = strings.TrimSuffix(text, tail[0]) + tail[1]
		}
	}
	return text
}
