package awsmessage

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/awsapi"
)

func TestTextThatAWSDoesNotTake(t *testing.T) {
	for text, why := range map[string]string{
		"":                                "",
		"plain \t\r\n é € 😀 \u007f\u0085": "",
		"\ud7ff\ue000\ufffd\U0010ffff":    "",
		"ab\x00":                          "U+0000 at byte 2",
		"é\x1f":                           "U+001F at byte 2",
		"\ufffe":                          "U+FFFE",
		"\uffff":                          "U+FFFF",
		"ab\xff":                          "byte 2 is 0xff",
		"\xed\xa0\x80":                    "not UTF-8", // a surrogate
	} {
		err := CheckText(text)
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

var xmlText = regexp.MustCompile(`^[\x{9}\x{A}\x{D}\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]*$`)

func FuzzCheckText(f *testing.F) {
	for _, seed := range []string{"", "a\x00", "\uffff", "\xff", "é😀", "\xed\xa0\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := utf8.ValidString(s) && xmlText.MatchString(s)
		if got := CheckText(s) == nil; got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	})
}

var idText = regexp.MustCompile(`^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@\[\\\]^_` + "`" + `{|}~]{1,128}$`)

func FuzzID(f *testing.F) {
	for _, seed := range []string{"a", "a b", "é", strings.Repeat("x", 128), strings.Repeat("x", 129), "\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id := ID(s)
		if s == "" && id == "" {
			return
		}
		if !idText.MatchString(id) || idText.MatchString(s) != (id == s) || ID(s) != id {
			t.Errorf("%q: %q", s, id)
		}
	})
}

func TestWhatAFIFOQueueGoesBy(t *testing.T) {
	cases := []struct {
		group, deduplication, key, id string
		want                          Order
		ok                            bool
	}{
		{"g", "d", "k", "1", Order{"g", "d"}, true},
		{"", "", "k", "1", Order{"k", "1"}, true},
		{"", "", "", "1", Order{"1", "1"}, true},
		{"", "d", "", "", Order{"d", "d"}, true},
		{"g", "", "k", "", Order{}, false},
		{"two words", "", "", "1", Order{ID("two words"), "1"}, true},
	}
	for _, c := range cases {
		if got, ok := OrderOf(c.group, c.deduplication, c.key, c.id); got != c.want || ok != c.ok {
			t.Errorf("%+v: got %+v, %v", c, got, ok)
		}
	}
}

func TestNamesOfQueuesAndTopics(t *testing.T) {
	for name, want := range map[string]bool{"a-Z_9": true, "a.fifo": true, "": false, ".fifo": false, "a.b": false, "a/b": false, "é": false, "eleven-char": false} {
		if IsName(name, 10) != want {
			t.Errorf("%q", name)
		}
	}
}

func TestAttributesOfTheSettings(t *testing.T) {
	many := map[string]int{}
	for _, c := range "abcdefghij" {
		many[string(c)] = 1
	}
	cases := []struct {
		settings map[string]int
		label    bool
		want     string
	}{
		{many, false, ""},
		{many, true, "has 10 attributes and SQS takes 10, of which leat's own is one unless label is false"},
		{map[string]int{"a.": 1}, false, `"a." cannot be the name of an attribute: a name neither begins nor ends with a dot`},
		{map[string]int{"Leat": 1}, true, "Leat is set by leat itself: choose another name, or label: false"},
		{map[string]int{"Leat": 1}, false, ""},
		{map[string]int{"a": 0}, false, "a has no expression"},
	}
	for _, c := range cases {
		got := ""
		if err := errors.Join(CheckAttributes(c.settings, func(x int) bool { return x == 0 }, c.label, "SQS")...); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v, %v: got %q", c.settings, c.label, got)
		}
	}
}

func TestNamesOfAttributes(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "a.b-c_D9": true, "awsx": true, "amazonia": true, strings.Repeat("x", 256): true,
		"": false, strings.Repeat("x", 257): false, ".a": false, "a.": false, "a..b": false, "a b": false, "é": false,
		"a:b": false, "AWS.x": false, "aWs.": false, "Amazon.x": false, "a\n": false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("%.20q: %v", name, err)
		}
	}
}

func TestWhatARefusalIsAbout(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&awsapi.Error{Code: "BatchRequestTooLong", Status: 400}, true},
		{fmt.Errorf("x: %w", &awsapi.Error{Code: "BatchRequestTooLongException", Status: 400}), true},
		{&awsapi.Error{Code: "InvalidMessageContents", Status: 400}, true},
		{&awsapi.Error{Status: 413}, true},
		{&awsapi.Error{Code: "ValidationException", Status: 400}, true},
		{&awsapi.Error{Code: "Throttled", Status: 400}, false},
		{&awsapi.Error{Code: "KMSThrottling", Message: "message", Status: 400}, false},
		{&awsapi.Error{Code: "InvalidParameterValue", Message: "Message body is bad", Status: 400}, true},
		{&awsapi.Error{Code: "InvalidParameter", Message: "Invalid parameter: TopicArn Reason: no", Status: 400}, false},
		{&awsapi.Error{Code: "MissingParameter", Status: 400}, false},
		{&awsapi.Error{Code: "QueueDoesNotExist", Status: 400}, false},
		{&awsapi.Error{Code: "AccessDenied", Status: 403}, false},
		{&awsapi.Error{Code: "RequestThrottled", Status: 403}, false},
		{&awsapi.Error{Code: "InvalidParameterValue", Status: 500}, false},
		{&awsapi.Error{Status: 404}, false},
		{io.ErrUnexpectedEOF, false},
		{nil, false},
	} {
		if got := Concerns(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

func TestWhichEntriesAreRefusedForGood(t *testing.T) {
	for code, want := range map[string]bool{
		"InvalidMessageContents":                            true,
		"AWS.SimpleQueueService.InvalidMessageContents":     true,
		"com.amazonaws.sqs#InvalidMessageContentsException": true,
		"InvalidParameterValue":                             true,
		"ValidationException":                               true,
		"ValidationError":                                   true,
		"MessageTooLong":                                    true,
		"InvalidAttributeValueException":                    true,
		"":                                                  false,
		"Unmentioned":                                       false,
		"SomethingNew":                                      false,
		"InternalError":                                     false,
		"ServiceUnavailable":                                false,
		"RequestThrottled":                                  false,
		"Throttled":                                         false,
		"ThrottlingException":                               false,
		"AWS.SimpleQueueService.RequestThrottled":           false,
		"TooManyRequests":                                   false,
		"LimitExceeded":                                     false,
		"OverLimit":                                         false,
		"AccessDenied":                                      false,
		"KmsDisabled":                                       false,
		"KMS.NotFoundException":                             false,
		"QueueDoesNotExist":                                 false,
		"AWS.SimpleQueueService.UnsupportedOperation": false,
		"InvalidAddress":      false,
		"InvalidSecurity":     false,
		"MissingParameter":    false,
		"InvalidBatchEntryId": false,
		"ExpiredToken":        false,
	} {
		if got := Permanent(code, ""); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	for _, message := range []string{
		"TopicArn is wrong", "Invalid parameter: KMS key is disabled", "The queue should either have ContentBasedDeduplication enabled or …",
		"The request includes MessageGroupId parameter that is not valid for this topic type", "… is not valid for this queue type",
	} {
		if Permanent("InvalidParameter", message) {
			t.Errorf("%s", message)
		}
	}
	if !Missing("AWS.SimpleQueueService.NonExistentQueue") || !Missing("QueueDoesNotExist") || !Missing("NotFoundException") || Missing("") || Missing(errors.New("x").Error()) {
		t.Error("Missing")
	}
}

func TestWhatAServiceDoesNotLetTheCallerNear(t *testing.T) {
	for code, want := range map[string]bool{
		"AccessDenied": true, "AccessDeniedException": true, "AuthorizationError": true, "": false,
		"InvalidClientTokenId": false, "SignatureDoesNotMatch": false, "KmsAccessDenied": false, "ExpiredToken": false, "QueueDoesNotExist": false,
	} {
		if got := Closed(fmt.Errorf("x: %w", &awsapi.Error{Code: code, Status: 403})); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if Closed(nil) || Closed(io.ErrUnexpectedEOF) {
		t.Error("it was not asked")
	}
}

func BenchmarkCheckText(b *testing.B) {
	text := strings.Repeat(`{"trackingNumber":"370724761411111111","status":"på vei"}`, 18)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if CheckText(text) != nil {
			b.Fatal()
		}
	}
}
