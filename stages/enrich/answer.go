package enrich

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// read says what an answer means. An error is permanent where asking again cannot
// help.
func (l *httpLookup) read(answer *http.Response) (value []byte, found bool, err error) {
	code := answer.StatusCode
	if code == http.StatusOK {
		value, err = l.body(answer)
		return value, err == nil, err
	}
	if code >= http.StatusOK { // else the connection now speaks another protocol
		drain(answer.Body)
	}
	err = l.error(strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code))))
	switch {
	case code == http.StatusNotFound:
		return nil, false, nil
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return nil, false, l.later(err, answer.Header.Get("Retry-After"))
	case code >= 300 && code < 400:
		err = l.error(fmt.Sprintf("%d: redirects are not followed", code))
	case code < 300:
		err = l.error(fmt.Sprintf("%d: want 200 and JSON", code))
	}
	return nil, false, pipeline.Reject(err)
}

// body returns the JSON of an answer, without a byte order mark.
func (l *httpLookup) body(answer *http.Response) ([]byte, error) {
	limit := int64(l.config.MaxResponse)
	if answer.ContentLength > limit {
		return nil, l.tooLarge()
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, l.unanswered(err)
	case int64(len(body)) > limit:
		return nil, l.tooLarge()
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if err := rawjson.Check(body, maxDepth); err != nil {
		return nil, pipeline.Reject(l.error("the answer is not JSON: " + err.Error()))
	}
	return body, nil
}

func (l *httpLookup) tooLarge() error {
	return pipeline.Reject(l.error(fmt.Sprintf("the answer is larger than max_response, which is %s", l.config.MaxResponse)))
}

// drain reads the beginning of an answer that nobody needs, so that its connection can
// serve the next request; one that is longer costs the connection.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, 64<<10) }

// later is the error of a request that is to be made again, when the service says so.
func (l *httpLookup) later(err error, retryAfter string) error {
	if d := webcall.RetryAfter(retryAfter, l.clock.Now()); d > 0 {
		return pipeline.RetryAfter(err, d)
	}
	return err
}
