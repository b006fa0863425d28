package checks

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
)

func (c *queryClient) send(ctx context.Context, queue string, m message) (sent, error) {
	form := url.Values{}
	m.form(form, "")
	r, err := c.call(ctx, queue, "SendMessage", form)
	if err != nil {
		return sent{}, err
	}
	return r.Sent.sent(), nil
}

func (c *queryClient) sendBatch(ctx context.Context, queue string, all []message) ([]sent, []failed, error) {
	form := url.Values{}
	for i, m := range all {
		m.form(form, fmt.Sprintf("SendMessageBatchRequestEntry.%d.", i+1))
	}
	r, err := c.call(ctx, queue, "SendMessageBatch", form)
	if err != nil {
		return nil, nil, err
	}
	var done []sent
	for _, s := range r.SentBatch {
		done = append(done, s.sent())
	}
	return done, queryFailed(r.SendFailed), nil
}

func (c *queryClient) receive(ctx context.Context, queue string, r receive) ([]message, error) {
	form := url.Values{"MaxNumberOfMessages": {strconv.Itoa(r.limit)}, "WaitTimeSeconds": {strconv.Itoa(r.wait)}}
	if r.visibility > 0 {
		form.Set("VisibilityTimeout", strconv.Itoa(r.visibility))
	}
	setList(form, "AttributeName", r.system)
	setList(form, "MessageAttributeName", r.attributes)
	answer, err := c.call(ctx, queue, "ReceiveMessage", form)
	if err != nil {
		return nil, err
	}
	var all []message
	for _, m := range answer.Messages {
		got := message{
			body: m.Body, id: m.MessageID, handle: m.ReceiptHandle, bodyDigest: m.MD5OfBody, attrDigest: m.MD5OfMessageAttributes,
			system: pairMap(m.System), attributes: map[string]attribute{},
		}
		for _, a := range m.Attributes {
			attr := attribute{kind: a.Value.DataType, text: a.Value.StringValue}
			if a.Value.BinaryValue != "" {
				if attr.binary, err = base64.StdEncoding.DecodeString(a.Value.BinaryValue); err != nil {
					return nil, err
				}
			}
			got.attributes[a.Name] = attr
		}
		all = append(all, got)
	}
	return all, nil
}

func (c *queryClient) remove(ctx context.Context, queue, handle string) error {
	_, err := c.call(ctx, queue, "DeleteMessage", url.Values{"ReceiptHandle": {handle}})
	return err
}

func (c *queryClient) removeBatch(ctx context.Context, queue string, handles []entry) ([]string, []failed, error) {
	r, err := c.call(ctx, queue, "DeleteMessageBatch", handleForm("DeleteMessageBatchRequestEntry", handles, false))
	if err != nil {
		return nil, nil, err
	}
	return r.Deleted, queryFailed(r.DeleteFailed), nil
}

func (c *queryClient) hide(ctx context.Context, queue, handle string, seconds int) error {
	_, err := c.call(ctx, queue, "ChangeMessageVisibility", url.Values{"ReceiptHandle": {handle}, "VisibilityTimeout": {strconv.Itoa(seconds)}})
	return err
}

func (c *queryClient) hideBatch(ctx context.Context, queue string, handles []entry) ([]string, []failed, error) {
	r, err := c.call(ctx, queue, "ChangeMessageVisibilityBatch", handleForm("ChangeMessageVisibilityBatchRequestEntry", handles, true))
	if err != nil {
		return nil, nil, err
	}
	return r.Hidden, queryFailed(r.HideFailed), nil
}

func handleForm(name string, handles []entry, hide bool) url.Values {
	form := url.Values{}
	for i, h := range handles {
		at := fmt.Sprintf("%s.%d.", name, i+1)
		form.Set(at+"Id", h.id)
		form.Set(at+"ReceiptHandle", h.handle)
		if hide {
			form.Set(at+"VisibilityTimeout", strconv.Itoa(h.seconds))
		}
	}
	return form
}
