package awsapi

import (
	"net/url"
	"strings"
)

// ARN is an Amazon Resource Name, of which only the last part may hold colons.
type ARN struct{ Partition, Service, Region, Account, Resource string }

// ParseARN reads arn:partition:service:region:account:resource.
func ParseARN(s string) (ARN, bool) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// RegionOfURL returns the region that a host of AWS's names, as in
// https://sqs.eu-west-1.amazonaws.com/…, or "".
func RegionOfURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host, ok := strings.CutSuffix(strings.TrimSuffix(u.Hostname(), ".cn"), ".amazonaws.com")
	if !ok {
		host, ok = strings.CutSuffix(u.Hostname(), ".api.aws")
	}
	switch {
	case !ok:
		return ""
	case host == "queue": // the oldest form
		return "us-east-1"
	}
	labels := strings.Split(host, ".")
	for i, label := range labels {
		if (label == "sqs" || label == "sns" || label == "sqs-fips" || label == "sns-fips") && i+1 < len(labels) {
			return labels[i+1]
		}
		if label == "queue" && i == 1 { // the older form eu-west-1.queue.amazonaws.com
			return labels[0]
		}
	}
	return ""
}
