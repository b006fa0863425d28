package sqstest

import (
	"fmt"
	"net/http"
)

// failure is an error as a client sees it. The two protocols name and number
// some of them differently.
type failure struct {
	shape       string // the type in JSON
	code        string // the code in XML, and in a JSON answer's x-amzn-query-error
	status      int    // in JSON
	queryStatus int    // in XML
	message     string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// fault says who is to blame: Sender, or Receiver from status 500 on.
func (f *failure) fault() string {
	if f.queryStatus >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// modelled is an error of the SQS model.
func modelled(shape, code string, queryStatus int, format string, a ...any) *failure {
	return &failure{"com.amazonaws.sqs#" + shape, code, http.StatusBadRequest, queryStatus, fmt.Sprintf(format, a...)}
}

// general is an error that every AWS service knows.
func general(shape, code string, status int, format string, a ...any) *failure {
	return &failure{"com.amazon.coral.service#" + shape, code, status, status, fmt.Sprintf(format, a...)}
}

const oldPrefix = "AWS.SimpleQueueService."

func noSuchQueue() *failure {
	return modelled("QueueDoesNotExist", oldPrefix+"NonExistentQueue", 400, "The specified queue does not exist.")
}

func badValue(format string, a ...any) *failure {
	return general("InvalidParameterValueException", "InvalidParameterValue", 400, format, a...)
}

// badParameter is the usual sentence about a value out of range.
func badParameter(value any, name, reason string) *failure {
	return badValue("Value %v for parameter %s is invalid. Reason: %s", value, name, reason)
}

func missing(name string) *failure {
	return general("MissingRequiredParameterException", "MissingParameter", 400, "The request must contain the parameter %s.", name)
}

func badHandle(handle string) *failure {
	return modelled("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404, "The input receipt handle %q is not a valid receipt handle.", handle)
}

func badAttributeName(name string) *failure {
	return modelled("InvalidAttributeName", "InvalidAttributeName", 400, "Unknown Attribute %s.", name)
}

func badAttributeValue(name string) *failure {
	return modelled("InvalidAttributeValue", "InvalidAttributeValue", 400, "Invalid value for the parameter %s.", name)
}

func unreadable(why string) *failure {
	return general("SerializationException", "MalformedInput", 400, "%s", why)
}
