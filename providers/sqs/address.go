package sqs

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/awsmessage"
)

// queueRef is a queue as somebody writes it: a name, a URL or an ARN. The name
// may be empty: some services have just one queue.
type queueRef struct {
	name, account, region string
	url                   string
}

// parseQueue reads name, URL or ARN.
func parseQueue(s string) (queueRef, error) {
	switch {
	case strings.HasPrefix(s, "arn:"):
		a, ok := awsapi.ParseARN(s)
		if !ok || a.Service != "sqs" {
			return queueRef{}, fmt.Errorf("%q is not the ARN of a queue, such as arn:aws:sqs:eu-west-1:123456789012:orders", s)
		}
		return queueRef{name: a.Resource, account: a.Account, region: a.Region}, nil
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return queueRef{}, fmt.Errorf("not the URL of a queue: want https://host/path without a user or a query")
		}
		return queueRef{url: s, name: lastSegment(u.Path), region: awsapi.RegionOfURL(s)}, nil
	case strings.ContainsAny(s, "/: "):
		return queueRef{}, fmt.Errorf("%q is no queue: want its name, its https:// URL or its ARN", s)
	}
	return queueRef{name: s}, nil
}

func lastSegment(path string) string {
	path = strings.TrimSuffix(path, "/")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// fifo reports whether the queue keeps the messages of a group in order.
func (q queueRef) fifo() bool { return awsmessage.IsFIFO(q.name) }

// isFIFO is [queueRef.fifo] for a queue as somebody writes it.
func isFIFO(queue string) bool {
	ref, err := parseQueue(queue)
	return err == nil && ref.fifo()
}

// base is where requests go that name no queue URL: the endpoint of the settings,
// or AWS's own for the region.
func base(ctx context.Context, c *awsapi.Caller) (string, error) {
	if c.Endpoint != "" {
		return c.Endpoint, nil
	}
	e, err := sdk.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sdk.EndpointParameters{Region: aws.String(c.Region)})
	if err != nil {
		return "", fmt.Errorf("find the SQS endpoint of region %s: %w", c.Region, err)
	}
	return e.URI.String(), nil
}

// jsonAddress is where the JSON protocol posts what concerns a queue. AWS takes it
// at the root; a service of somebody else's may be at just that one URL.
func jsonAddress(c *awsapi.Caller, queue string) string {
	u, err := url.Parse(queue)
	switch {
	case c.Endpoint != "" || err != nil || queue == "":
		return c.Endpoint
	case awsapi.RegionOfURL(queue) != "" || awsPath.MatchString(u.Path):
		return u.Scheme + "://" + u.Host + "/"
	}
	return queue
}

// awsPath is the path of a queue on AWS, and on servers that imitate all of SQS.
var awsPath = regexp.MustCompile(`^/\d{12}/[^/]+$`)

// queryAddress is where the query protocol posts what concerns a queue: to the
// queue's own URL. Servers behind an endpoint of the settings may not know how
// they are reached, so only the path of their URLs counts; and an endpoint with a
// path is the queue.
func queryAddress(c *awsapi.Caller, queue string) string {
	if c.Endpoint == "" {
		return queue
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil || strings.Trim(endpoint.Path, "/") != "" {
		return c.Endpoint
	}
	u, err := url.Parse(queue)
	if err != nil || queue == "" {
		return c.Endpoint
	}
	return endpoint.Scheme + "://" + endpoint.Host + u.EscapedPath()
}
