package awsapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/conf"
)

// serve returns a caller of a server that answers with h. The environment of the
// machine does not count.
func serve(t *testing.T, s awsapi.Settings, h http.HandlerFunc) (*awsapi.Caller, string) {
	t.Helper()
	quiet(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s.Endpoint = server.URL
	if s.Region == "" {
		s.Region = "eu-west-1"
	}
	c, err := s.Load(t.Context(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	return c, server.URL
}

// quiet takes away what the environment says about AWS.
func quiet(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func TestAnEmptySecretSigns(t *testing.T) {
	var authorization string
	c, url := serve(t, awsapi.Settings{AccessKeyID: "api-key"}, func(_ http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization")
	})
	if _, err := c.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(authorization, "AWS4-HMAC-SHA256 Credential=api-key/") || !strings.Contains(authorization, "/eu-west-1/sqs/aws4_request") {
		t.Errorf("signed with %q", authorization)
	}
}

func TestWhereSettingsComeFrom(t *testing.T) {
	quiet(t)
	t.Setenv("AWS_ENDPOINT_URL_SQS", "http://sqs.example")
	t.Setenv("AWS_REGION", "us-west-2")
	for _, c := range []struct {
		settings         awsapi.Settings
		fallback         string
		region, endpoint string
	}{
		{awsapi.Settings{}, "", "us-west-2", "http://sqs.example"},
		{awsapi.Settings{}, "eu-north-1", "eu-north-1", "http://sqs.example"},
		{awsapi.Settings{Region: "ap-south-1", Endpoint: "http://mine.example"}, "eu-north-1", "ap-south-1", "http://mine.example"},
	} {
		got, err := c.settings.Load(t.Context(), c.fallback, "SQS")
		if err != nil {
			t.Fatal(err)
		}
		if got.Region != c.region || got.Endpoint != c.endpoint {
			t.Errorf("%+v: region %q, endpoint %q", c, got.Region, got.Endpoint)
		}
	}
}

func TestWithoutARegionItSaysWhatToDo(t *testing.T) {
	quiet(t)
	if _, err := (awsapi.Settings{}).Load(t.Context(), "", "SQS"); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Error(err)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for field, s := range map[string]awsapi.Settings{
		"endpoint":          {Endpoint: "ftp://x"},
		"secret_access_key": {SecretAccessKey: "s3cret"},
		"session_token":     {SessionToken: "s3cret"},
		"profile":           {AccessKeyID: "a", Profile: "b"},
		"assume_role":       {AssumeRole: "reader"},
		"external_id":       {ExternalID: "s3cret"},
		"region":            {Region: "eu west"},
	} {
		err := s.Validate()
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := (awsapi.Settings{AccessKeyID: "a", SecretAccessKey: conf.Secret("")}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status          int
		header, body    string
		code            string
		transient, deny bool
	}{
		{400, "", `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}`, "QueueDoesNotExist", false, false},
		{400, "AWS.SimpleQueueService.NonExistentQueue;Sender", `{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}`, "NonExistentQueue", false, false},
		{403, "", `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`, "AccessDenied", false, true},
		{503, "", `<Response><Errors><Error><Code>ServiceUnavailable</Code></Error></Errors></Response>`, "ServiceUnavailable", true, false},
		{400, "", `{"__type":"ThrottlingException"}`, "ThrottlingException", true, false},
		{429, "", `slow down`, "", true, false},
		{400, "", `{"__type":"com.amazon.coral.service#ExpiredTokenException"}`, "ExpiredTokenException", true, false},
		{403, "", ``, "", false, true},
		{502, "", `<html>bad gateway`, "", true, false},
		{302, "", ``, "", false, false},
	} {
		caller, url := serve(t, awsapi.Settings{AccessKeyID: "a"}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-amzn-query-error", c.header)
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		_, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"})
		if awsapi.Code(err) != c.code || awsapi.Transient(err) != c.transient || awsapi.Denied(err) != c.deny || err == nil {
			t.Errorf("%d %s: %v (code %q, transient %v, denied %v)", c.status, c.body, err, awsapi.Code(err), awsapi.Transient(err), awsapi.Denied(err))
		}
	}
}

func TestAClockThatIsWrongIsMended(t *testing.T) {
	var calls atomic.Int32
	theirs := time.Now().Add(3 * time.Hour)
	caller, url := serve(t, awsapi.Settings{AccessKeyID: "a"}, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil || theirs.Sub(signed).Abs() > 5*time.Minute {
			w.WriteHeader(403)
			fmt.Fprint(w, `{"__type":"InvalidSignatureException","message":"Signature expired"}`)
		}
	})
	_, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"})
	if !awsapi.Transient(err) {
		t.Errorf("the first answer is %v: not one to try again", err)
	}
	if _, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"}); err != nil {
		t.Error(err)
	}
}

func TestAClockThatIsSetRightIsFollowed(t *testing.T) {
	var off atomic.Int64
	off.Store(int64(10 * time.Minute))
	caller, url := serve(t, awsapi.Settings{AccessKeyID: "a"}, func(w http.ResponseWriter, r *http.Request) {
		theirs := time.Now().Add(time.Duration(off.Load()))
		w.Header().Set("Date", theirs.UTC().Format(http.TimeFormat))
		signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if theirs.Sub(signed).Abs() > 5*time.Minute {
			w.WriteHeader(403)
			fmt.Fprint(w, `{"__type":"InvalidSignatureException"}`)
		}
	})
	do := func() error {
		_, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"})
		return err
	}
	if err := do(); !awsapi.Transient(err) || awsapi.Denied(err) {
		t.Errorf("while the clock is wrong: %v", err)
	}
	if err := do(); err != nil {
		t.Error(err)
	}
	off.Store(0)
	_ = do()
	if err := do(); err != nil {
		t.Errorf("after the clock was set right: %v", err)
	}
}

func TestErrorsDoNotRepeatTheURL(t *testing.T) {
	quiet(t)
	c, err := awsapi.Settings{AccessKeyID: "a", Region: "eu-west-1"}.Load(t.Context(), "", "SQS")
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"http://127.0.0.1:1/s3cret", "http://127.0.0.1:1/%zz s3cret"} {
		_, err := c.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"})
		if err == nil || strings.Contains(err.Error(), "s3cret") || !awsapi.Transient(err) {
			t.Error(err)
		}
	}
}

func TestAnAnswerThatBreaksOffIsAnError(t *testing.T) {
	caller, url := serve(t, awsapi.Settings{AccessKeyID: "a"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"half":`)
	})
	if _, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"}); err == nil || !awsapi.Transient(err) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := caller.Do(ctx, awsapi.Request{URL: url, Service: "sqs"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRegionOfURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/123456789012/q":      "eu-west-1",
		"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q":  "cn-north-1",
		"https://sqs-fips.us-east-1.amazonaws.com/123456789012/q": "us-east-1",
		"https://eu-west-1.queue.amazonaws.com/123456789012/q":    "eu-west-1",
		"https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/1/q":     "eu-west-1",
		"https://sqs.eu-west-1.api.aws/1/q":                       "eu-west-1",
		"https://queue.amazonaws.com/1/q":                         "us-east-1",
		"https://sqs.example.com/q":                               "",
		"https://sqs.eu-west-1.amazonaws.com.evil.example/q":      "",
		"http://127.0.0.1:4566/000000000000/q":                    "",
	} {
		if got := awsapi.RegionOfURL(url); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
}

func TestARoleIsAssumed(t *testing.T) {
	var asked, authorization string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		asked = r.PostForm.Get("RoleArn") + " " + r.PostForm.Get("ExternalId") + " " + r.PostForm.Get("RoleSessionName")
		fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
			<AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>session</SessionToken>
			<Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	defer sts.Close()
	settings := awsapi.Settings{AccessKeyID: "mine", SecretAccessKey: "x", AssumeRole: "arn:aws:iam::123456789012:role/reader", ExternalID: "ext"}
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	caller, url := serve(t, settings, func(_ http.ResponseWriter, r *http.Request) {
		authorization = r.Header.Get("Authorization") + " " + r.Header.Get("X-Amz-Security-Token")
	})
	if _, err := caller.Do(t.Context(), awsapi.Request{URL: url, Service: "sqs"}); err != nil {
		t.Fatal(err)
	}
	if asked != "arn:aws:iam::123456789012:role/reader ext leat" {
		t.Errorf("asked STS for %q", asked)
	}
	if !strings.Contains(authorization, "Credential=ASSUMED/") || !strings.HasSuffix(authorization, " session") {
		t.Errorf("signed with %q", authorization)
	}
}
