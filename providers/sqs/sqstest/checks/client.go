package checks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

// client is what the checks call. Errors have the codes of the query protocol.
type client interface {
	create(ctx context.Context, name string, attributes map[string]string) (url string, err error)
	queueURL(ctx context.Context, name string) (string, error)
	list(ctx context.Context, prefix string) ([]string, error)
	deleteQueue(ctx context.Context, url string) error
	purge(ctx context.Context, url string) error
	attributes(ctx context.Context, url string, names ...string) (map[string]string, error)
	setAttributes(ctx context.Context, url string, attributes map[string]string) error
	send(ctx context.Context, url string, m message) (sent, error)
	sendBatch(ctx context.Context, url string, all []message) ([]sent, []failed, error)
	receive(ctx context.Context, url string, r receive) ([]message, error)
	remove(ctx context.Context, url, handle string) error
	removeBatch(ctx context.Context, url string, handles []entry) ([]string, []failed, error)
	hide(ctx context.Context, url, handle string, seconds int) error
	hideBatch(ctx context.Context, url string, handles []entry) ([]string, []failed, error)
	endpoint() string
}

// message is a message on its way to or from a queue.
type message struct {
	entry      string // its id in a batch
	body       string
	attributes map[string]attribute
	trace      string
	group      string
	dedup      string
	delay      int

	id, handle             string
	bodyDigest, attrDigest string
	system                 map[string]string
}

type attribute struct {
	kind, text string
	binary     []byte
}

type sent struct{ entry, id, bodyDigest, attrDigest, traceDigest, sequence string }

type failed struct {
	entry, code string
	senderFault bool
}

type entry struct {
	id, handle string
	seconds    int
}

// receive is what to receive. Its visibility is the queue's if it is negative.
type receive struct {
	limit, wait, visibility int
	system, attributes      []string
}

// one is one message with everything, after a second at most.
var one = receive{limit: 1, wait: 1, visibility: -1, system: []string{"All"}, attributes: []string{"All"}}

// ten is up to ten of them, at once.
var ten = receive{limit: 10, visibility: -1, system: []string{"All"}, attributes: []string{"All"}}

// late is what comes within two seconds.
var late = receive{limit: 1, wait: 2, visibility: -1}

func (target Target) client(t *testing.T) client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	if target.Query {
		return &queryClient{url: target.URL, http: &http.Client{Transport: transport}}
	}
	return newSDKClient(target.URL, &http.Client{Transport: transport})
}

// newQueue makes a queue that no other check uses.
func newQueue(t *testing.T, c client, attributes map[string]string) string {
	t.Helper()
	url, err := c.create(t.Context(), freshName(attributes), attributes)
	if err != nil {
		t.Fatalf("create a queue: %v", err)
	}
	return url
}

func freshName(attributes map[string]string) string {
	name := fmt.Sprintf("check-%x", rand.Uint64())
	if attributes["FifoQueue"] == "true" {
		name += ".fifo"
	}
	return name
}

func mustSend(t *testing.T, c client, url string, m message) sent {
	t.Helper()
	s, err := c.send(t.Context(), url, m)
	if err != nil {
		t.Fatalf("send: %v", err)
	}
	return s
}

func mustReceive(t *testing.T, c client, url string, r receive) []message {
	t.Helper()
	got, err := c.receive(t.Context(), url, r)
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	return got
}

// mustReceiveOne fails the test if nothing comes in a while.
func mustReceiveOne(t *testing.T, c client, url string) message {
	t.Helper()
	got := await(t, c, url)
	if len(got) != 1 {
		t.Fatalf("%d messages, want 1", len(got))
	}
	return got[0]
}

// await polls until there is a message. It polls more than once, since not every
// server ends a long poll for a message that becomes visible.
func await(t *testing.T, c client, url string) []message {
	t.Helper()
	for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); {
		if got := mustReceive(t, c, url, one); len(got) > 0 {
			return got
		}
	}
	return nil
}

func wantBodies(t *testing.T, got []message, want ...string) {
	t.Helper()
	bodies := []string{}
	for _, m := range got {
		bodies = append(bodies, m.body)
	}
	if fmt.Sprintf("%q", bodies) != fmt.Sprintf("%q", want) {
		t.Errorf("received %q, want %q", bodies, want)
	}
}

// wantCode fails the test unless the error is an answer with one of the codes.
// The prefix that some codes have in the query protocol does not count: servers
// and protocols do not agree on it.
func wantCode(t *testing.T, err error, codes ...string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Errorf("error is %v, want code %s", err, codes[0])
		return
	}
	if got := strings.TrimPrefix(api.ErrorCode(), "AWS.SimpleQueueService."); !slices.Contains(codes, got) {
		t.Errorf("code is %s (%s), want %s", got, api.ErrorMessage(), codes[0])
	}
}
