package acceptance

import (
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// ask calls an action of SNS.
func ask(t *testing.T, s *sqstest.Server, action string, args ...string) {
	t.Helper()
	form := url.Values{"Action": {action}}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	answer, err := http.PostForm(s.URL, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", action, answer.Status)
	}
}

func subscribe(t *testing.T, s *sqstest.Server, protocol, endpoint string) {
	t.Helper()
	ask(t, s, "Subscribe", "TopicArn", production, "Protocol", protocol, "Endpoint", endpoint)
}

func publish(t *testing.T, s *sqstest.Server, topic, message string) {
	t.Helper()
	ask(t, s, "Publish", "TopicArn", topic, "Message", message,
		"MessageAttributes.entry.1.Name", "shopId", "MessageAttributes.entry.1.Value.DataType", "String", "MessageAttributes.entry.1.Value.StringValue", "12")
}

func confirmed(s *sqstest.Server) bool {
	all := s.Subscriptions(production)
	return len(all) == 1 && all[0].Confirmed
}

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
