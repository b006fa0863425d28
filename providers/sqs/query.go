package sqs

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"github.com/leat-io/leat/internal/awsapi"
)

// queryAPI speaks the older of SQS's protocols: forms in, XML out. Services that
// imitate SQS often know only this one.
type queryAPI struct {
	caller *awsapi.Caller
	queue  string
}

func (a *queryAPI) at(url string) { a.queue = url }

// call posts a form to the queue and reads the answer into out.
func (a *queryAPI) call(ctx context.Context, action string, form url.Values, out any) error {
	address := queryAddress(a.caller, a.queue)
	if address == "" {
		var err error
		if address, err = base(ctx, a.caller); err != nil {
			return err
		}
	}
	form.Set("QueueUrl", a.queue)
	return a.post(ctx, address, action, form, out)
}

func (a *queryAPI) post(ctx context.Context, address, action string, form url.Values, out any) error {
	form.Set("Action", action)
	form.Set("Version", "2012-11-05")
	answer, err := a.caller.Do(ctx, awsapi.Request{
		URL: address, Service: "sqs", Body: []byte(form.Encode()),
		Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
	})
	if err != nil {
		return err
	}
	return readAnswer(answer, action, out)
}

var errNotQuery = errors.New("the service does not speak the query protocol (see protocol and endpoint)")

// readAnswer reads the XML of an answer, whose outermost element names the action:
// any other page would pass for an empty queue.
func readAnswer(answer []byte, action string, out any) error {
	d := xml.NewDecoder(bytes.NewReader(answer))
	for {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("%w: %s answered %.60q", errNotQuery, action, answer)
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root.Name.Local != action+"Response" {
			return fmt.Errorf("%w: %s answered with <%s>", errNotQuery, action, root.Name.Local)
		}
		if err := d.DecodeElement(out, &root); err != nil {
			return fmt.Errorf("%s: read the answer: %w", action, err)
		}
		return nil
	}
}

func (a *queryAPI) resolve(ctx context.Context, q queueRef) (string, error) {
	address, err := base(ctx, a.caller)
	if err != nil {
		return "", err
	}
	form := url.Values{"QueueName": {q.name}}
	if q.account != "" {
		form.Set("QueueOwnerAWSAccountId", q.account)
	}
	var found struct {
		URL string `xml:"GetQueueUrlResult>QueueUrl"`
	}
	if err := a.post(ctx, address, "GetQueueUrl", form, &found); err != nil {
		return "", err
	}
	if found.URL == "" {
		return "", errors.New("GetQueueUrl: the answer has no QueueUrl")
	}
	return found.URL, nil
}

func (a *queryAPI) create(ctx context.Context, name string, settings map[string]string) (string, error) {
	address, err := base(ctx, a.caller)
	if err != nil {
		return "", err
	}
	form := settingsForm(settings)
	form.Set("QueueName", name)
	var made struct {
		URL string `xml:"CreateQueueResult>QueueUrl"`
	}
	if err := a.post(ctx, address, "CreateQueue", form, &made); err != nil {
		return "", err
	}
	if made.URL == "" {
		return "", errors.New("CreateQueue: the answer has no QueueUrl")
	}
	return made.URL, nil
}

func (a *queryAPI) set(ctx context.Context, settings map[string]string) error {
	return a.call(ctx, "SetQueueAttributes", settingsForm(settings), &struct{}{})
}

func settingsForm(settings map[string]string) url.Values {
	form := url.Values{}
	for i, name := range slices.Sorted(maps.Keys(settings)) {
		prefix := fmt.Sprintf("Attribute.%d.", i+1)
		form.Set(prefix+"Name", name)
		form.Set(prefix+"Value", settings[name])
	}
	return form
}

func (a *queryAPI) attributes(ctx context.Context) (map[string]string, error) {
	var found struct {
		Attributes []xmlPair `xml:"GetQueueAttributesResult>Attribute"`
	}
	if err := a.call(ctx, "GetQueueAttributes", url.Values{"AttributeName.1": {"All"}}, &found); err != nil {
		return nil, err
	}
	attributes := map[string]string{}
	for _, p := range found.Attributes {
		attributes[p.Name] = p.Value
	}
	return attributes, nil
}

func (a *queryAPI) receive(ctx context.Context, q receiveCall) ([]*received, error) {
	form := url.Values{
		"MaxNumberOfMessages": {strconv.Itoa(q.most())}, "WaitTimeSeconds": {number(seconds(q.wait))},
		"AttributeName.1": {"All"}, "MessageAttributeName.1": {"All"},
	}
	if q.visibility > 0 || q.peek {
		form.Set("VisibilityTimeout", number(seconds(q.visibility)))
	}
	var answer xmlReceived
	if err := a.call(ctx, "ReceiveMessage", form, &answer); err != nil {
		return nil, err
	}
	return answer.read()
}

func (a *queryAPI) remove(ctx context.Context, receipts []string) (map[int]*entryError, error) {
	return unlessSilent(a.batch(ctx, "DeleteMessageBatch", len(receipts), func(set setter, i int) {
		set("ReceiptHandle", receipts[i])
	}))
}

func (a *queryAPI) change(ctx context.Context, entries []visibility) (map[int]*entryError, error) {
	return unlessSilent(a.batch(ctx, "ChangeMessageVisibilityBatch", len(entries), func(set setter, i int) {
		set("ReceiptHandle", entries[i].receipt)
		set("VisibilityTimeout", number(seconds(entries[i].timeout)))
	}))
}

func (a *queryAPI) send(ctx context.Context, entries []*outgoing) (map[int]*entryError, error) {
	return a.batch(ctx, "SendMessageBatch", len(entries), func(set setter, i int) {
		entries[i].setForm(set)
	})
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// setter sets a field of one entry of a batch.
type setter func(name, value string)

// batch sends n entries whose Ids are their indexes.
func (a *queryAPI) batch(ctx context.Context, action string, n int, entry func(set setter, i int)) (map[int]*entryError, error) {
	form := url.Values{}
	for i := range n {
		prefix := fmt.Sprintf("%sRequestEntry.%d.", action, i+1)
		form.Set(prefix+"Id", strconv.Itoa(i))
		entry(func(name, value string) { form.Set(prefix+name, value) }, i)
	}
	var answer xmlBatch
	if err := a.call(ctx, action, form, &answer); err != nil {
		return nil, err
	}
	return answer.failures(n), nil
}
