package checks

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
)

// queryClient speaks the query protocol.
type queryClient struct {
	url  string
	http *http.Client
}

func (c *queryClient) endpoint() string { return c.url }

// reply is every answer at once: each action fills its part of it.
type reply struct {
	QueueURL   string       `xml:"CreateQueueResult>QueueUrl"`
	FoundURL   string       `xml:"GetQueueUrlResult>QueueUrl"`
	QueueURLs  []string     `xml:"ListQueuesResult>QueueUrl"`
	Attributes []nameValue  `xml:"GetQueueAttributesResult>Attribute"`
	Sent       replySent    `xml:"SendMessageResult"`
	SentBatch  []replySent  `xml:"SendMessageBatchResult>SendMessageBatchResultEntry"`
	SendFailed []replyError `xml:"SendMessageBatchResult>BatchResultErrorEntry"`
	Messages   []struct {
		MessageID              string      `xml:"MessageId"`
		ReceiptHandle          string      `xml:"ReceiptHandle"`
		MD5OfBody              string      `xml:"MD5OfBody"`
		MD5OfMessageAttributes string      `xml:"MD5OfMessageAttributes"`
		Body                   string      `xml:"Body"`
		System                 []nameValue `xml:"Attribute"`
		Attributes             []struct {
			Name  string `xml:"Name"`
			Value struct {
				DataType    string `xml:"DataType"`
				StringValue string `xml:"StringValue"`
				BinaryValue string `xml:"BinaryValue"`
			} `xml:"Value"`
		} `xml:"MessageAttribute"`
	} `xml:"ReceiveMessageResult>Message"`
	Deleted      []string     `xml:"DeleteMessageBatchResult>DeleteMessageBatchResultEntry>Id"`
	DeleteFailed []replyError `xml:"DeleteMessageBatchResult>BatchResultErrorEntry"`
	Hidden       []string     `xml:"ChangeMessageVisibilityBatchResult>ChangeMessageVisibilityBatchResultEntry>Id"`
	HideFailed   []replyError `xml:"ChangeMessageVisibilityBatchResult>BatchResultErrorEntry"`

	// Error is there in answers that are errors.
	Error struct {
		Type    string `xml:"Type"`
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	} `xml:"Error"`
}

type nameValue struct {
	Name  string `xml:"Name"`
	Value string `xml:"Value"`
}

type replySent struct {
	ID          string `xml:"Id"`
	MessageID   string `xml:"MessageId"`
	BodyDigest  string `xml:"MD5OfMessageBody"`
	AttrDigest  string `xml:"MD5OfMessageAttributes"`
	TraceDigest string `xml:"MD5OfMessageSystemAttributes"`
	Sequence    string `xml:"SequenceNumber"`
}

func (r replySent) sent() sent {
	return sent{r.ID, r.MessageID, r.BodyDigest, r.AttrDigest, r.TraceDigest, r.Sequence}
}

type replyError struct {
	ID          string `xml:"Id"`
	Code        string `xml:"Code"`
	SenderFault bool   `xml:"SenderFault"`
}

func queryFailed(all []replyError) []failed {
	var out []failed
	for _, f := range all {
		out = append(out, failed{f.ID, f.Code, f.SenderFault})
	}
	return out
}

// call posts a form to a queue, or to the endpoint for where "".
func (c *queryClient) call(ctx context.Context, where, action string, form url.Values) (*reply, error) {
	if where == "" {
		where = c.url + "/"
	}
	form.Set("Action", action)
	form.Set("Version", "2012-11-05")
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, where, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	answer, err := c.http.Do(q)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	r := &reply{}
	if err := xml.Unmarshal(body, r); err != nil {
		return nil, fmt.Errorf("%s: status %d, %w in %s", action, answer.StatusCode, err, body)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, &smithy.GenericAPIError{Code: r.Error.Code, Message: r.Error.Message}
	}
	return r, nil
}

func (c *queryClient) create(ctx context.Context, name string, attributes map[string]string) (string, error) {
	form := url.Values{"QueueName": {name}}
	setPairs(form, attributes)
	r, err := c.call(ctx, "", "CreateQueue", form)
	if err != nil {
		return "", err
	}
	return r.QueueURL, nil
}

func setPairs(form url.Values, attributes map[string]string) {
	i := 0
	for name, value := range attributes {
		i++
		form.Set(fmt.Sprintf("Attribute.%d.Name", i), name)
		form.Set(fmt.Sprintf("Attribute.%d.Value", i), value)
	}
}

func setList(form url.Values, name string, values []string) {
	for i, v := range values {
		form.Set(fmt.Sprintf("%s.%d", name, i+1), v)
	}
}

func (c *queryClient) queueURL(ctx context.Context, name string) (string, error) {
	r, err := c.call(ctx, "", "GetQueueUrl", url.Values{"QueueName": {name}})
	if err != nil {
		return "", err
	}
	return r.FoundURL, nil
}

func (c *queryClient) list(ctx context.Context, prefix string) ([]string, error) {
	r, err := c.call(ctx, "", "ListQueues", url.Values{"QueueNamePrefix": {prefix}})
	if err != nil {
		return nil, err
	}
	return r.QueueURLs, nil
}

func (c *queryClient) deleteQueue(ctx context.Context, queue string) error {
	_, err := c.call(ctx, queue, "DeleteQueue", url.Values{})
	return err
}

func (c *queryClient) purge(ctx context.Context, queue string) error {
	_, err := c.call(ctx, queue, "PurgeQueue", url.Values{})
	return err
}

func (c *queryClient) attributes(ctx context.Context, queue string, names ...string) (map[string]string, error) {
	form := url.Values{}
	setList(form, "AttributeName", names)
	r, err := c.call(ctx, queue, "GetQueueAttributes", form)
	if err != nil {
		return nil, err
	}
	return pairMap(r.Attributes), nil
}

func pairMap(pairs []nameValue) map[string]string {
	out := map[string]string{}
	for _, p := range pairs {
		out[p.Name] = p.Value
	}
	return out
}

func (c *queryClient) setAttributes(ctx context.Context, queue string, attributes map[string]string) error {
	form := url.Values{}
	setPairs(form, attributes)
	_, err := c.call(ctx, queue, "SetQueueAttributes", form)
	return err
}

func (m *message) form(form url.Values, prefix string) {
	form.Set(prefix+"MessageBody", m.body)
	i := 0
	for name, a := range m.attributes {
		i++
		at := fmt.Sprintf("%sMessageAttribute.%d.", prefix, i)
		form.Set(at+"Name", name)
		form.Set(at+"Value.DataType", a.kind)
		if a.binary != nil {
			form.Set(at+"Value.BinaryValue", base64.StdEncoding.EncodeToString(a.binary))
		} else {
			form.Set(at+"Value.StringValue", a.text)
		}
	}
	if m.trace != "" {
		form.Set(prefix+"MessageSystemAttribute.1.Name", "AWSTraceHeader")
		form.Set(prefix+"MessageSystemAttribute.1.Value.DataType", "String")
		form.Set(prefix+"MessageSystemAttribute.1.Value.StringValue", m.trace)
	}
	for name, value := range map[string]string{"MessageGroupId": m.group, "MessageDeduplicationId": m.dedup, "Id": m.entry} {
		if value != "" {
			form.Set(prefix+name, value)
		}
	}
	if m.delay != 0 {
		form.Set(prefix+"DelaySeconds", strconv.Itoa(m.delay))
	}
}
