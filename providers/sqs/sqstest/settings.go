package sqstest

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// settings are what can be set of a queue. They are replaced, never changed.
type settings struct {
	texts map[string]string // as they were given

	delay, visibility, retention, wait time.Duration
	maxSize                            int
	contentDedup                       bool
	dedupByGroup                       bool
	redrive                            redrive
}

// redrive is where messages go that were received too often; the zero value is
// nowhere.
type redrive struct {
	arn         string
	maxReceives int
}

// maxMessage is the quota for a message and for all those of a batch, since
// August 2025.
const maxMessage = 1 << 20

// numeric are the settings that are numbers.
var numeric = map[string]struct{ def, from, to int }{
	"DelaySeconds":                  {0, 0, 900},
	"MaximumMessageSize":            {maxMessage, 1024, maxMessage},
	"MessageRetentionPeriod":        {345_600, 60, 1_209_600},
	"ReceiveMessageWaitTimeSeconds": {0, 0, 20},
	"VisibilityTimeout":             {30, 0, maxVisibility},
	"KmsDataKeyReusePeriodSeconds":  {300, 60, 86_400},
}

// choices are the settings that are one of a few words.
var choices = map[string][]string{
	"FifoQueue":                 {"true", "false"},
	"ContentBasedDeduplication": {"true", "false"},
	"SqsManagedSseEnabled":      {"true", "false"},
	"DeduplicationScope":        {"queue", "messageGroup"},
	"FifoThroughputLimit":       {"perQueue", "perMessageGroupId"},
}

// documents are the settings that are JSON, or anything.
var documents = map[string]bool{"Policy": true, "RedrivePolicy": true, "RedriveAllowPolicy": true, "KmsMasterKeyId": false}

var fifoOnly = map[string]bool{"ContentBasedDeduplication": true, "DeduplicationScope": true, "FifoThroughputLimit": true}

// with returns the settings with some of them changed.
func (s *settings) with(changes map[string]string, fifo bool) (*settings, *failure) {
	texts := map[string]string{}
	if s != nil {
		texts = maps.Clone(s.texts)
	}
	for name, value := range changes {
		if fail := checkSetting(name, value, fifo); fail != nil {
			return nil, fail
		}
		if texts[name] = value; value == "" {
			delete(texts, name)
		}
	}
	return readSettings(texts)
}

func checkSetting(name, value string, fifo bool) *failure {
	if fifoOnly[name] && !fifo {
		return badAttributeName(name)
	}
	if r, ok := numeric[name]; ok {
		if n, err := strconv.Atoi(value); err != nil || n < r.from || n > r.to {
			return badAttributeValue(name)
		}
		return nil
	}
	if words, ok := choices[name]; ok {
		for _, w := range words {
			if w == value {
				return nil
			}
		}
		return badAttributeValue(name)
	}
	isJSON, ok := documents[name]
	if !ok {
		return badAttributeName(name)
	}
	if isJSON && value != "" && rawjson.Check([]byte(value), 32) != nil {
		return badAttributeValue(name)
	}
	return nil
}

func readSettings(texts map[string]string) (*settings, *failure) {
	s := &settings{texts: texts}
	s.delay, s.visibility = s.seconds("DelaySeconds"), s.seconds("VisibilityTimeout")
	s.retention, s.wait = s.seconds("MessageRetentionPeriod"), s.seconds("ReceiveMessageWaitTimeSeconds")
	s.maxSize = s.number("MaximumMessageSize")
	s.contentDedup = texts["ContentBasedDeduplication"] == "true"
	s.dedupByGroup = texts["DeduplicationScope"] == "messageGroup"
	var fail *failure
	s.redrive, fail = readRedrive(texts["RedrivePolicy"])
	return s, fail
}

func (s *settings) number(name string) int {
	if n, err := strconv.Atoi(s.texts[name]); err == nil {
		return n
	}
	return numeric[name].def
}

func (s *settings) seconds(name string) time.Duration {
	return time.Duration(s.number(name)) * time.Second
}

// readRedrive takes the number as a number and as text, as SQS does.
func readRedrive(policy string) (redrive, *failure) {
	if policy == "" {
		return redrive{}, nil
	}
	a, fail := parseJSON([]byte(policy))
	if fail != nil {
		return redrive{}, badAttributeValue("RedrivePolicy")
	}
	r := redrive{arn: a.text("deadLetterTargetArn")}
	n, fail := number(a, "maxReceiveCount", 0, 1, 1000)
	if fail != nil || n == 0 || !strings.HasPrefix(r.arn, "arn:aws:sqs:") {
		return redrive{}, badAttributeValue("RedrivePolicy")
	}
	r.maxReceives = n
	return r, nil
}
