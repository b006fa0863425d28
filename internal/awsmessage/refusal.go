package awsmessage

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/awsapi"
)

// about are the codes of refusals that are about what is in a message, or about
// how much of it there is in one request. Of all others, those that are not known
// here among them, it is better to send a message again than to give it up: they
// may be about a key, a quota, or the service.
var about = []string{
	"BatchRequestTooLong", "MessageTooLong", "InvalidMessageContents", "InvalidParameterValue", "InvalidParameter", "ParameterValueInvalid",
	"InvalidAttributeName", "InvalidAttributeValue", "EmptyValue", "ValidationError", "Validation",
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
	return Permanent(refused.Code, refused.Message)
}

// Permanent reports whether one entry of a batch was refused because of what it
// is, and would be refused again. What the service says of whose fault that is does
// not count: for it, what an operator has to mend is the sender's fault too.
func Permanent(code, message string) bool {
	return slices.Contains(about, name(code)) && !aboutPlace(message)
}

// name is a code without what some protocols put before or behind it.
func name(code string) string {
	code = code[strings.LastIndexByte(code, '#')+1:]
	return strings.TrimSuffix(strings.TrimPrefix(code, "AWS.SimpleQueueService."), "Exception")
}

// aboutPlace reports whether a message says that something is wrong with the queue
// or topic, or with its key, for which AWS has the same codes.
func aboutPlace(message string) bool {
	message = strings.ToLower(message)
	for _, word := range [...]string{"queueurl", "queuename", "topicarn", "queue url", "topic arn", "queue type", "topic type", "contentbaseddeduplication", "kms"} {
		if strings.Contains(message, word) {
			return true
		}
	}
	return false
}

// Missing reports whether a code says that there is no such queue or topic.
func Missing(code string) bool {
	return slices.Contains([]string{"QueueDoesNotExist", "NonExistentQueue", "NotFound", "ResourceNotFound", "TopicDoesNotExist"}, name(code))
}

// Closed reports whether a service does not let the caller near just this queue or
// topic, as AWS answers also for some that do not exist. That nothing is known of
// the caller at all is something else.
func Closed(err error) bool {
	return awsapi.Denied(err) && slices.Contains([]string{"AccessDenied", "AuthorizationError", "UnauthorizedOperation", "NotAuthorized"}, name(awsapi.Code(err)))
}
