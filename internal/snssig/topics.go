package snssig

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Topics is an allow-list of topics. The zero value allows none.
type Topics struct {
	patterns [][]string // the parts of ARNs
	any      bool
}

// ParseTopics reads an allow-list: ARNs of topics, in whose parts * stands for
// any text without colons, as in arn:aws:sns:eu-west-1:123456789012:*. The error
// names everything that is not such an ARN, and every ARN that no message that can
// be verified has.
func ParseTopics(arns []string) (Topics, error) {
	t, err := ParsePatterns(arns)
	wrong := []error{err}
	for _, p := range t.patterns {
		wrong = append(wrong, verifiable(p))
	}
	return t, errors.Join(wrong...)
}

// ParsePatterns is ParseTopics for messages that are not verified: their topics may
// be of any partition and region.
func ParsePatterns(arns []string) (Topics, error) {
	var t Topics
	var wrong []error
	for _, arn := range arns {
		part := strings.Split(arn, ":")
		if len(part) != 6 || part[0] != "arn" || part[2] != "sns" || !consistsOf(arn, isPatternByte) || slices.Contains(part, "") {
			wrong = append(wrong, fmt.Errorf("%q is not the ARN of a topic; want one such as arn:aws:sns:eu-west-1:123456789012:parcels, where * may stand for a part or a piece of it", arn))
			continue
		}
		t.patterns = append(t.patterns, part)
	}
	return t, errors.Join(wrong...)
}

// verifiable reports a pattern that fits no topic that [parseTopic] accepts: all of
// its messages would be refused.
func verifiable(p []string) error {
	known, exact := partitionsOf(p[1]), func(i int) bool { return !strings.Contains(p[i], "*") }
	var wrong string
	switch {
	case len(known) == 0:
		wrong = "the partition " + p[1] + " is not one of aws, aws-cn and aws-us-gov, whose messages can be verified here"
	case exact(3) && !isRegion(p[3]):
		wrong = p[3] + " is not the name of a region, such as eu-west-1"
	case exact(3) && !slices.Contains(known, partitionOf(p[3])):
		wrong = "the region " + p[3] + " is in the partition " + partitionOf(p[3]) + ", not in " + p[1]
	case exact(4) && !isAccount(p[4]):
		wrong = p[4] + " is not the number of an account"
	case exact(5) && !isTopicName(p[5]):
		wrong = p[5] + " cannot be the name of a topic"
	default:
		return nil
	}
	return fmt.Errorf("%q fits no topic: %s", strings.Join(p, ":"), wrong)
}

// partitionsOf are the partitions that fit a pattern.
func partitionsOf(pattern string) (known []string) {
	for partition := range domains {
		if fitsPart(pattern, partition) {
			known = append(known, partition)
		}
	}
	return known
}

// AnyTopic allows every topic. With it a signature proves only that the SNS of
// some AWS account sent the message; it is for showing who that was.
func AnyTopic() Topics { return Topics{any: true} }

// Empty reports whether no topic is allowed.
func (t Topics) Empty() bool { return !t.any && len(t.patterns) == 0 }

// Open reports whether the list allows topics of AWS accounts that it does not
// name, so that whoever has an account can send what passes.
func (t Topics) Open() bool {
	return t.any || slices.ContainsFunc(t.patterns, func(p []string) bool { return strings.Contains(p[4], "*") })
}

// Allow returns nil if the topic is on the list, and a permanent error otherwise.
func (t Topics) Allow(arn string) error {
	if t.any || slices.ContainsFunc(t.patterns, func(p []string) bool { return fits(p, arn) }) {
		return nil
	}
	return refuse("its topic %s is not allowed here", quoted(arn))
}

// fits compares an ARN part by part.
func fits(pattern []string, arn string) bool {
	for i, p := range pattern {
		part, rest, more := strings.Cut(arn, ":")
		if more != (i+1 < len(pattern)) || !fitsPart(p, part) {
			return false
		}
		arn = rest
	}
	return true
}

// fitsPart compares a part that may hold asterisks.
func fitsPart(pattern, part string) bool {
	piece, rest, more := strings.Cut(pattern, "*")
	if !more {
		return pattern == part
	}
	part, ok := strings.CutPrefix(part, piece)
	if !ok {
		return false
	}
	for {
		if piece, rest, more = strings.Cut(rest, "*"); !more {
			return strings.HasSuffix(part, piece)
		}
		i := strings.Index(part, piece)
		if i < 0 {
			return false
		}
		part = part[i+len(piece):]
	}
}

func isPatternByte(c byte) bool {
	return isDigit(c) || isLower(c|0x20) || strings.IndexByte(":*-_.", c) >= 0
}
