package awsmessage

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/awsapi"
)

// about are the codes of refusals that are about what is in a message, or about
// how much of it there is in one request.
var about = []string{
	"BatchRequestTooLong", "InvalidMessageContents", "InvalidParameterValue", "InvalidParameter", "ParameterValueInvalid",
	"InvalidAttributeValue", "InvalidBatchEntryId", "MessageTooLong", "EmptyValue", "ValidationError",
}

// Concerns reports whether the refusal of a request is about the messages in it,
// so that others may be taken, and each of these alone. All else may pass: the
// network, the service, and what an operator has to mend, such as a right that
// was withdrawn. A stream that became dead letters because of that would be lost
// to its receivers.
func Concerns(err error) bool {
	var refused *awsapi.Error
	if !errors.As(err, &refused) || awsapi.Transient(err) || awsapi.Denied(err) {
		return false
	}
	if refused.Code == "" {
		return refused.Status == http.StatusRequestEntityTooLarge
	}
	return slices.Contains(about, strings.TrimSuffix(refused.Code, "Exception")) && !aboutPlace(refused.Message)
}

// aboutPlace reports whether a message says that queue or topic are wrong, for
// which AWS has the same codes.
func aboutPlace(message string) bool {
	for _, word := range [...]string{"QueueUrl", "QueueName", "TopicArn", "queue url", "topic arn"} {
		if strings.Contains(strings.ToLower(message), strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// Permanent reports whether one entry of a batch was refused because of what it
// is, and would be refused again. senders is what the service says of that
// itself: it counts what an operator has to mend as the sender's fault too.
func Permanent(code, message string, senders bool) bool {
	err := &awsapi.Error{Code: code, Message: message, Status: http.StatusBadRequest}
	if Concerns(err) {
		return true
	}
	return senders && !awsapi.Transient(err) && !awsapi.Denied(err) && !aboutPlace(message) && !operators(code)
}

// operators reports whether a code names the state of queue, topic or key.
func operators(code string) bool {
	return strings.HasPrefix(strings.ToLower(code), "kms") || Missing(code) || slices.Contains([]string{"InvalidAddress", "UnsupportedOperation", "EndpointDisabled", "MissingParameter", "InvalidState"}, strings.TrimSuffix(code, "Exception"))
}

// Missing reports whether a code says that there is no such queue or topic.
func Missing(code string) bool {
	return slices.Contains([]string{"QueueDoesNotExist", "NonExistentQueue", "NotFound", "ResourceNotFound", "TopicDoesNotExist"}, strings.TrimSuffix(code, "Exception"))
}
