package snssig

import (
	"strings"
)

// topic is the ARN of a topic of which everything is known: with it go the
// hosts that may be asked.
type topic struct {
	arn    string
	region string
	domain string
	names  [2]string // of a certificate for this region
}

// domains are those of the partitions in which SNS has hosts that are known here.
var domains = map[string]string{"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}

// parseTopic reads the ARN of a message's topic. It is strict, since the region
// becomes a part of a host's name: the host sns.s3-eu-west-1.amazonaws.com, say,
// holds what the owner of a bucket put there.
func parseTopic(arn string) (topic, error) {
	part := strings.Split(arn, ":")
	if len(part) != 6 || part[0] != "arn" || part[2] != "sns" || !isAccount(part[4]) || !isTopicName(part[5]) {
		return topic{}, refuse("its TopicArn %s is not the ARN of a topic", quoted(arn))
	}
	domain := domains[part[1]]
	if domain == "" || !isRegion(part[3]) || partitionOf(part[3]) != part[1] {
		err := refuse("its TopicArn %s is of no known region", quoted(arn))
		err.Elsewhere = true
		return topic{}, err
	}
	t := topic{arn: arn, region: part[3], domain: domain}
	t.names = certificateNames(part[1], t.region, domain)
	return t, nil
}

// host is where the topic's region has its SNS.
func (t *topic) host() string { return "sns." + t.region + "." + t.domain }

// partitionOf tells by its name in which partition a region is.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// certificateNames are the names of which one is in a certificate of SNS. Regions
// that an account has to opt in to have certificates of their own.
func certificateNames(partition, region, domain string) (names [2]string) {
	names[0] = "sns-signing." + region + "." + domain
	switch partition {
	case "aws-cn":
		names[1] = "sns-" + region + "." + domain
	case "aws-us-gov": // both regions
		names[1] = "sns-us-gov-west-1.amazonaws.com"
	default:
		names[1] = "sns.amazonaws.com"
	}
	return names
}

// isRegion accepts names such as eu-west-1 and us-gov-west-1: two letters, one
// or two words, a number.
func isRegion(s string) bool {
	part := strings.Split(s, "-")
	if len(part) < 3 || len(part) > 4 || len(part[0]) != 2 {
		return false
	}
	last := part[len(part)-1]
	for _, word := range part[:len(part)-1] {
		if !consistsOf(word, isLower) {
			return false
		}
	}
	return len(last) <= 2 && consistsOf(last, isDigit)
}

func isAccount(s string) bool { return len(s) <= 20 && consistsOf(s, isDigit) }

func isTopicName(s string) bool {
	return len(s) <= 256 && consistsOf(strings.TrimSuffix(s, ".fifo"), func(c byte) bool {
		return isDigit(c) || isLower(c|0x20) || c == '-' || c == '_'
	})
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }

// consistsOf reports whether s is not empty and all its bytes fit.
func consistsOf(s string, fits func(byte) bool) bool {
	for i := range len(s) {
		if !fits(s[i]) {
			return false
		}
	}
	return s != ""
}
