package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/internal/listener"
	"github.com/leat-io/leat/pipeline"
)

// adminTokenVariable has the token of the admin listener where no file says it.
const adminTokenVariable = "LEAT_ADMIN_TOKEN"

func lookupEnv(o pipeline.Options) func(string) (string, bool) {
	if o.Getenv != nil {
		return o.Getenv
	}
	return os.LookupEnv
}

// adminClient asks a leat that runs.
type adminClient struct{ address, token string }

// errNobody: nothing answers at the address.
var errNobody = errors.New("no leat answers there")

// client returns what asks the process that runs a pipeline: at the address that was
// given, or that the pipeline's file names. nil: neither names one.
func clientFor(address string, c *pipeline.AdminConfig) *adminClient {
	token := os.Getenv(adminTokenVariable)
	if c != nil {
		if c.Token != "" {
			token = c.Token.Reveal()
		}
		if address == "" {
			address = pipeline.AdminAddress
			if c.Listen != "" {
				address = c.Listen
			}
		}
	}
	if address == "" {
		return nil
	}
	return &adminClient{address, token}
}

// url is that of a path. A port alone is one of this machine, as is every address.
func (c *adminClient) url(path string) string {
	if strings.Contains(c.address, "://") {
		return strings.TrimSuffix(c.address, "/") + path
	}
	address, err := listener.Address(c.address)
	if err != nil {
		address = c.address
	}
	if rest, any := strings.CutPrefix(address, "0.0.0.0:"); any {
		address = "127.0.0.1:" + rest
	}
	if rest, any := strings.CutPrefix(address, "[::]:"); any {
		address = "[::1]:" + rest
	}
	return "http://" + address + path
}

// get and post call the API and read the answer into out.
func (c *adminClient) get(ctx context.Context, path string, out any) error {
	return c.call(ctx, http.MethodGet, path, nil, out)
}

func (c *adminClient) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, path, body, out)
}

const (
	adminTimeout = time.Minute
	maxAnswer    = 64 << 20
)

func (c *adminClient) call(ctx context.Context, method, path string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, method, c.url(path), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s is no address: want host:port, such as %s", c.address, pipeline.AdminAddress)
	}
	q.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		q.Header.Set("Authorization", "Bearer "+c.token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(q)
	if err != nil {
		var where *url.Error
		if errors.As(err, &where) {
			err = where.Err
		}
		return fmt.Errorf("%s: %w: %w", c.address, errNobody, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", c.address, err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return c.refused(answer.StatusCode, data)
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s answers, but not as leat does", c.address)
	}
	return nil
}

func (c *adminClient) refused(status int, data []byte) error {
	var p admin.Problem
	switch err := json.Unmarshal(data, &p); {
	case status == http.StatusUnauthorized:
		return fmt.Errorf("%s wants its token: name the file that has it with -f, or set %s", c.address, adminTokenVariable)
	case err != nil || p.Error == "":
		return fmt.Errorf("%s answers, but not as leat does (status %d)", c.address, status)
	}
	return errors.New(p.Error)
}
