package sqstest_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// FuzzCall sends anything as a call in either protocol. The server must not panic,
// and must answer in the protocol it was asked in.
func FuzzCall(f *testing.F) {
	f.Add("AmazonSQS.SendMessage", `{"QueueUrl":"/q","MessageBody":"\u00e4","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"AA=="}}}`)
	f.Add("AmazonSQS.SendMessageBatch", `{"QueueUrl":"/q","Entries":[{"Id":"1","MessageBody":"x"},{"Id":"2"},null,3]}`)
	f.Add("AmazonSQS.ReceiveMessage", `{"QueueUrl":"/q","MaxNumberOfMessages":10,"VisibilityTimeout":0,"MessageAttributeNames":["a.*"]}`)
	f.Add("AmazonSQS.DeleteMessageBatch", `{"QueueUrl":"/q","Entries":[{"Id":"1","ReceiptHandle":"AAAA"}]}`)
	f.Add("AmazonSQS.SetQueueAttributes", `{"QueueUrl":"/q","Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":3,\"deadLetterTargetArn\":\"arn:aws:sqs:x\"}"}}`)
	f.Add("", "Action=SendMessageBatch&QueueUrl=/q&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=%26&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=b&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=Number&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=1")
	f.Add("", "Action=Publish&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Message=x&MessageAttributes.entry.1.Name=b&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=1")
	f.Add("", "Action=Subscribe&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Protocol=sqs&Endpoint=arn:aws:sqs:us-east-1:000000000000:q&Attributes.entry.1.key=FilterPolicy&Attributes.entry.1.value={\"a\":[\"b\"]}")
	f.Add("", "Action=ListQueues&Action.1.1.1.1.1.1.1.1.1.1.1.1=x&.=&..1=")
	f.Add("", "Action=\xff%00%EF%BF%BF") // what XML cannot hold, in an error
	s, err := sqstest.Start(sqstest.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	s.CreateTopic("t")
	f.Fuzz(func(t *testing.T, target, body string) {
		if strings.Contains(body, "http") {
			t.Skip("no endpoints")
		}
		if _, err := s.CreateQueue("q", nil); err == nil {
			_ = s.Send("q", "x")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		q := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)).WithContext(ctx)
		if target != "" {
			q.Header["X-Amz-Target"] = []string{target}
		}
		if w := serve(t, s, q); w != nil {
			checkAnswer(t, w, target != "")
		}
	})
}

// serve returns nil if the answer was withheld, because the time is up.
func serve(t *testing.T, s *sqstest.Server, q *http.Request) (w *httptest.ResponseRecorder) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				t.Fatalf("panic: %v", p)
			}
			w = nil
		}
	}()
	w = httptest.NewRecorder()
	s.ServeHTTP(w, q)
	return w
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder, inJSON bool) {
	if w.Code != 200 && (w.Code < 400 || w.Code >= 500) {
		t.Errorf("status %d", w.Code)
	}
	if inJSON {
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %q", w.Body)
		}
		return
	}
	for d := xml.NewDecoder(w.Body); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("not XML: %v", err)
		}
	}
}
