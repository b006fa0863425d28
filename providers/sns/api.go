package sns

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leat-io/leat/internal/awsapi"
)

// api speaks the query protocol of SNS, the only one it has: forms in, XML out.
type api struct {
	caller  *awsapi.Caller
	address string
}

// addressOf is where requests go: the endpoint of the settings, or AWS's own for the
// region.
func addressOf(ctx context.Context, c *awsapi.Caller) (string, error) {
	if c.Endpoint != "" {
		return c.Endpoint, nil
	}
	e, err := sdk.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sdk.EndpointParameters{Region: aws.String(c.Region)})
	if err != nil {
		return "", fmt.Errorf("find the SNS endpoint of region %s: %w", c.Region, err)
	}
	return e.URI.String(), nil
}

// form is the body of a request. Its names need no escapes.
type form []byte

func (f *form) add(name, value string) {
	if len(*f) > 0 {
		*f = append(*f, '&')
	}
	*f = append(append(append(*f, name...), '='), url.QueryEscape(value)...)
}

func (a *api) call(ctx context.Context, action string, f form, out any) error {
	f.add("Action", action)
	f.add("Version", "2010-03-31")
	answer, err := a.caller.Do(ctx, awsapi.Request{
		URL: a.address, Service: "sns", Body: f,
		Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
	})
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: the answer is not XML as SNS writes it: %w", action, err)
	}
	return nil
}

// attributes returns the topic's own settings.
func (a *api) attributes(ctx context.Context, topic string) (map[string]string, error) {
	var f form
	f.add("TopicArn", topic)
	var answer struct {
		Entries []struct {
			Key   string `xml:"key"`
			Value string `xml:"value"`
		} `xml:"GetTopicAttributesResult>Attributes>entry"`
	}
	if err := a.call(ctx, "GetTopicAttributes", f, &answer); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range answer.Entries {
		found[e.Key] = e.Value
	}
	return found, nil
}

// entryError is why one message of a request was refused.
type entryError struct {
	code, message string
}

func (e *entryError) Error() string {
	if e.message == "" {
		return e.code
	}
	return e.code + ": " + e.message
}

// publish sends messages whose ids are their indexes. It returns why each was
// refused, nil for those that SNS has.
func (a *api) publish(ctx context.Context, topic string, batch []*message) ([]error, error) {
	var f form
	f.add("TopicArn", topic)
	for i, m := range batch {
		m.appendTo(&f, i)
	}
	var answer published
	if err := a.call(ctx, "PublishBatch", f, &answer); err != nil {
		return nil, err
	}
	return answer.errors(len(batch)), nil
}

func (m *message) appendTo(f *form, i int) {
	prefix := "PublishBatchRequestEntries.member." + strconv.Itoa(i+1) + "."
	f.add(prefix+"Id", strconv.Itoa(i))
	f.add(prefix+"Message", m.body)
	for _, p := range [...]struct{ name, value string }{
		{"Subject", m.subject}, {"MessageGroupId", m.group}, {"MessageDeduplicationId", m.dedup},
	} {
		if p.value != "" {
			f.add(prefix+p.name, p.value)
		}
	}
	for j, a := range m.attributes {
		entry := prefix + "MessageAttributes.entry." + strconv.Itoa(j+1) + "."
		f.add(entry+"Name", a.name)
		f.add(entry+"Value.DataType", stringType)
		f.add(entry+"Value.StringValue", a.text)
	}
}

// published is the answer to PublishBatch.
type published struct {
	Successful []struct{ Id string } `xml:"PublishBatchResult>Successful>member"`
	Failed     []struct {
		Id, Code, Message string
	} `xml:"PublishBatchResult>Failed>member"`
}

// errors tells what became of each of n messages. One that the answer does not
// mention counts as failed.
func (p *published) errors(n int) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = &entryError{code: "Unmentioned", message: "the answer does not say what became of the message"}
	}
	for _, s := range p.Successful {
		if i := indexOf(s.Id, n); i >= 0 {
			errs[i] = nil
		}
	}
	for _, f := range p.Failed {
		if i := indexOf(f.Id, n); i >= 0 {
			errs[i] = &entryError{f.Code, f.Message}
		}
	}
	return errs
}

func indexOf(id string, n int) int {
	i, err := strconv.Atoi(id)
	if err != nil || i < 0 || i >= n {
		return -1
	}
	return i
}
