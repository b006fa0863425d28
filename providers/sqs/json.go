package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/rawjson"
)

// jsonAPI speaks AWS JSON 1.0, which SQS's own servers prefer.
type jsonAPI struct {
	caller *awsapi.Caller
	queue  string
}

func (a *jsonAPI) at(url string) { a.queue = url }

// call posts to where the queue is. members are those of a JSON object, after the
// URL of the queue.
func (a *jsonAPI) call(ctx context.Context, action string, members []byte) ([]byte, error) {
	body := append([]byte(`{"QueueUrl":`), rawjson.AppendString(nil, a.queue)...)
	body = append(append(body, members...), '}')
	address := jsonAddress(a.caller, a.queue)
	if address == "" {
		var err error
		if address, err = base(ctx, a.caller); err != nil {
			return nil, err
		}
	}
	return a.post(ctx, address, action, body)
}

func (a *jsonAPI) post(ctx context.Context, address, action string, body []byte) ([]byte, error) {
	answer, err := a.caller.Do(ctx, awsapi.Request{URL: address, Service: "sqs", Body: body, Header: map[string]string{
		"Content-Type":      "application/x-amz-json-1.0",
		"X-Amz-Target":      "AmazonSQS." + action,
		"X-Amzn-Query-Mode": "true", // errors then also carry their older names
	}})
	if err != nil {
		return nil, err
	}
	if len(answer) == 0 {
		return []byte("{}"), nil // some services have nothing to say
	}
	if err := rawjson.Check(answer, 64); err != nil || rawjson.KindOf(answer) != rawjson.Object {
		return nil, fmt.Errorf("%w: %s answered %.60q", errNotJSON, action, answer)
	}
	return answer, nil
}

var errNotJSON = errors.New("the service does not speak AWS JSON 1.0 (see protocol)")

func (a *jsonAPI) resolve(ctx context.Context, q queueRef) (string, error) {
	address, err := base(ctx, a.caller)
	if err != nil {
		return "", err
	}
	body := append([]byte(`{"QueueName":`), rawjson.AppendString(nil, q.name)...)
	if q.account != "" {
		body = append(append(body, `,"QueueOwnerAWSAccountId":`...), rawjson.AppendString(nil, q.account)...)
	}
	answer, err := a.post(ctx, address, "GetQueueUrl", append(body, '}'))
	if err != nil {
		return "", err
	}
	url, ok := rawjson.NewPath("QueueUrl").Find(answer)
	if !ok || rawjson.KindOf(url) != rawjson.String {
		return "", errors.New("GetQueueUrl: the answer has no QueueUrl")
	}
	return rawjson.Text(url), nil
}

func (a *jsonAPI) create(ctx context.Context, name string, settings map[string]string) (string, error) {
	address, err := base(ctx, a.caller)
	if err != nil {
		return "", err
	}
	body := append([]byte(`{"QueueName":`), rawjson.AppendString(nil, name)...)
	answer, err := a.post(ctx, address, "CreateQueue", append(appendSettings(body, settings), '}'))
	if err != nil {
		return "", err
	}
	url, ok := rawjson.NewPath("QueueUrl").Find(answer)
	if !ok || rawjson.KindOf(url) != rawjson.String {
		return "", errors.New("CreateQueue: the answer has no QueueUrl")
	}
	return rawjson.Text(url), nil
}

func (a *jsonAPI) set(ctx context.Context, settings map[string]string) error {
	_, err := a.call(ctx, "SetQueueAttributes", appendSettings(nil, settings))
	return err
}

// appendSettings appends a member that holds the settings of a queue.
func appendSettings(b []byte, settings map[string]string) []byte {
	b, _ = rawjson.Append(append(b, `,"Attributes":`...), settings) // text can always be encoded
	return b
}

func (a *jsonAPI) attributes(ctx context.Context) (map[string]string, error) {
	answer, err := a.call(ctx, "GetQueueAttributes", []byte(`,"AttributeNames":["All"]`))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	if v, ok := rawjson.NewPath("Attributes").Find(answer); ok && rawjson.KindOf(v) == rawjson.Object {
		for key, value := range rawjson.Members(v) {
			found[rawjson.Text(key)] = rawjson.Text(value)
		}
	}
	return found, nil
}

func (a *jsonAPI) receive(ctx context.Context, q receiveCall) ([]*received, error) {
	// AttributeNames is the older name, which servers of others may still want.
	b := []byte(`,"MessageAttributeNames":["All"],"MessageSystemAttributeNames":["All"],"AttributeNames":["All"],"MaxNumberOfMessages":`)
	b = strconv.AppendInt(b, int64(q.most()), 10)
	b = strconv.AppendInt(append(b, `,"WaitTimeSeconds":`...), seconds(q.wait), 10)
	if q.visibility > 0 || q.peek {
		b = strconv.AppendInt(append(b, `,"VisibilityTimeout":`...), seconds(q.visibility), 10)
	}
	answer, err := a.call(ctx, "ReceiveMessage", b)
	if err != nil {
		return nil, err
	}
	return readMessages(answer)
}

func (a *jsonAPI) remove(ctx context.Context, receipts []string) (map[int]*entryError, error) {
	return unlessSilent(a.batch(ctx, "DeleteMessageBatch", len(receipts), func(b []byte, i int) []byte {
		return rawjson.AppendString(append(b, `"ReceiptHandle":`...), receipts[i])
	}))
}

func (a *jsonAPI) change(ctx context.Context, entries []visibility) (map[int]*entryError, error) {
	return unlessSilent(a.batch(ctx, "ChangeMessageVisibilityBatch", len(entries), func(b []byte, i int) []byte {
		b = rawjson.AppendString(append(b, `"ReceiptHandle":`...), entries[i].receipt)
		return strconv.AppendInt(append(b, `,"VisibilityTimeout":`...), seconds(entries[i].timeout), 10)
	}))
}

func (a *jsonAPI) send(ctx context.Context, entries []*outgoing) (map[int]*entryError, error) {
	return a.batch(ctx, "SendMessageBatch", len(entries), func(b []byte, i int) []byte {
		return entries[i].appendJSON(b)
	})
}

// batch sends n entries whose Ids are their indexes. entry appends the members of
// one, without braces.
func (a *jsonAPI) batch(ctx context.Context, action string, n int, entry func(b []byte, i int) []byte) (map[int]*entryError, error) {
	b := []byte(`,"Entries":[`)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"Id":"`...), int64(i), 10)
		b = append(entry(append(b, `",`...), i), '}')
	}
	answer, err := a.call(ctx, action, append(b, ']'))
	if err != nil {
		return nil, err
	}
	return readBatch(answer, n)
}
