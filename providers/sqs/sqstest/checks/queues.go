package checks

import (
	"slices"
	"strings"
	"testing"
)

var queueChecks = []check{
	{"creates a queue and finds its URL", func(t *testing.T, c client) {
		name := freshName(nil)
		made, err := c.create(t.Context(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.queueURL(t.Context(), name)
		if err != nil || found != made || !strings.HasSuffix(made, "/"+name) {
			t.Errorf("created %q, found %q, %v", made, found, err)
		}
	}},
	{"creates a queue again that is the same", func(t *testing.T, c client) {
		name, attributes := freshName(nil), map[string]string{"VisibilityTimeout": "42"}
		first, err1 := c.create(t.Context(), name, attributes)
		second, err2 := c.create(t.Context(), name, attributes)
		if err1 != nil || err2 != nil || first != second {
			t.Errorf("%q %v, %q %v", first, err1, second, err2)
		}
	}},
	{"does not create a queue again with other attributes", func(t *testing.T, c client) {
		name := freshName(nil)
		if _, err := c.create(t.Context(), name, map[string]string{"VisibilityTimeout": "42"}); err != nil {
			t.Fatal(err)
		}
		_, err := c.create(t.Context(), name, map[string]string{"VisibilityTimeout": "43"})
		wantCode(t, err, "QueueAlreadyExists", "QueueNameExists")
	}},
	{"refuses a queue name with spaces", func(t *testing.T, c client) {
		_, err := c.create(t.Context(), "two words", nil)
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"does not find a queue that is not there", func(t *testing.T, c client) {
		_, err := c.queueURL(t.Context(), freshName(nil))
		wantCode(t, err, "NonExistentQueue", "QueueDoesNotExist")
	}},
	{"does not receive from a queue that is not there", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		_, err := c.receive(t.Context(), url+"-not", ten)
		wantCode(t, err, "NonExistentQueue", "QueueDoesNotExist")
	}},
	{"lists queues by the beginning of their names", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		name := url[strings.LastIndexByte(url, '/')+1:]
		found, err := c.list(t.Context(), name[:len(name)-2])
		if err != nil || !slices.Contains(found, url) {
			t.Errorf("%q, %v", found, err)
		}
		if found, err := c.list(t.Context(), name+"x"); err != nil || len(found) != 0 {
			t.Errorf("%q, %v", found, err)
		}
	}},
	{"deletes a queue", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		if err := c.deleteQueue(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		_, err := c.send(t.Context(), url, message{body: "x"})
		wantCode(t, err, "NonExistentQueue", "QueueDoesNotExist")
	}},
	{"purges a queue", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "x"})
		if err := c.purge(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, mustReceive(t, c, url, ten))
	}},
	{"tells and changes the attributes of a queue", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"VisibilityTimeout": "42", "DelaySeconds": "0"})
		got, err := c.attributes(t.Context(), url, "VisibilityTimeout", "QueueArn")
		if err != nil || got["VisibilityTimeout"] != "42" || !strings.HasPrefix(got["QueueArn"], "arn:aws:sqs:") {
			t.Errorf("%v, %v", got, err)
		}
		if err := c.setAttributes(t.Context(), url, map[string]string{"VisibilityTimeout": "7"}); err != nil {
			t.Fatal(err)
		}
		got, err = c.attributes(t.Context(), url, "All")
		if err != nil || got["VisibilityTimeout"] != "7" || got["MessageRetentionPeriod"] == "" {
			t.Errorf("%v, %v", got, err)
		}
	}},
	{"refuses attributes of a queue that do not exist", func(t *testing.T, c client) {
		_, err := c.attributes(t.Context(), newQueue(t, c, nil), "Colour")
		wantCode(t, err, "InvalidAttributeName")
	}},
	{"refuses values of attributes out of range", func(t *testing.T, c client) {
		err := c.setAttributes(t.Context(), newQueue(t, c, nil), map[string]string{"VisibilityTimeout": "43201"})
		wantCode(t, err, "InvalidAttributeValue")
	}},
	{"counts messages that are visible and in flight", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "a"})
		mustSend(t, c, url, message{body: "b"})
		mustReceiveOne(t, c, url)
		got, err := c.attributes(t.Context(), url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
		if err != nil || got["ApproximateNumberOfMessages"] != "1" || got["ApproximateNumberOfMessagesNotVisible"] != "1" {
			t.Errorf("%v, %v", got, err)
		}
	}},
}
