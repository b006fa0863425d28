package prove

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A few samples of a feed are each about one thing at one time. To have several events of a
// key, a payload is made into others: all times that are written in it are moved by the
// same while, and where that does not make another event of it, its id is changed. What
// comes of that is looked at by the flow itself: see [prover.prepare].

var (
	isoTime    = regexp.MustCompile(`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?`)
	dottedTime = regexp.MustCompile(`\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}(:\d{2})?`)
	unixTime   = regexp.MustCompile(`\b1\d{9}(\d{3})?\b`)
)

const (
	isoLayout    = "2006-01-02T15:04:05"
	dottedLayout = "02.01.2006 15:04:05"
)

// step is the least by which the times in a payload can be moved: those without seconds by
// a minute.
func step(payload []byte) time.Duration {
	for _, pattern := range []*regexp.Regexp{isoTime, dottedTime} {
		for _, found := range pattern.FindAllSubmatchIndex(payload, -1) {
			if found[2] < 0 {
				return time.Minute
			}
		}
	}
	return time.Second
}

// moved returns a payload in which all times are later by d; with numbers, also those that
// look like seconds or milliseconds since 1970.
func moved(payload []byte, d time.Duration, numbers bool) []byte {
	text := isoTime.ReplaceAllStringFunc(string(payload), func(s string) string {
		layout := isoLayout[:len(s)] // it may end before the seconds
		t, err := time.Parse(layout, s[:10]+"T"+s[11:])
		if err != nil {
			return s
		}
		out := t.Add(d).Format(layout)
		return out[:10] + s[10:11] + out[11:]
	})
	text = dottedTime.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(dottedLayout[:len(s)], s)
		if err != nil {
			return s
		}
		return t.Add(d).Format(dottedLayout[:len(s)])
	})
	if numbers {
		text = unixTime.ReplaceAllStringFunc(text, func(s string) string {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return s
			}
			if len(s) > 10 {
				return strconv.FormatInt(n+d.Milliseconds(), 10)
			}
			return strconv.FormatInt(n+int64(d.Seconds()), 10)
		})
	}
	return []byte(text)
}

// renamed returns a payload in which ids are others, of the same length where that is
// possible.
func renamed(payload []byte, ids []string, n int) []byte {
	text := string(payload)
	for _, id := range ids {
		if len(id) == 0 {
			continue
		}
		other := id + "-" + strconv.Itoa(n)
		if digits := fmt.Sprintf("%03d", n); len(id) > 12 {
			other = id[:len(id)-3] + digits
		}
		text = strings.ReplaceAll(text, id, other)
	}
	return []byte(text)
}
