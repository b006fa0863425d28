package sqstest

import (
	"net/http"
	"strings"
)

// admit refuses who may not call, and finds the queue that the call is about.
func (c *call) admit(r *http.Request) *failure {
	if fail := c.identify(r); fail != nil {
		return fail
	}
	if c.server.denied(c.Action) {
		return general("AccessDeniedException", "AccessDenied", http.StatusForbidden, "User: arn:aws:iam::%s:root is not authorized to perform: %s", account, c.Action)
	}
	return nil
}

func (c *call) identify(r *http.Request) *failure {
	want := c.server.options.Credentials
	if want == "" || c.Action == "ConfirmSubscription" {
		return nil // whoever has the token may confirm
	}
	switch accessKey(r, c.args) {
	case want:
		return nil
	case "":
		return general("MissingAuthenticationTokenException", "MissingAuthenticationToken", http.StatusForbidden, "Request is missing Authentication Token")
	}
	return general("UnrecognizedClientException", "InvalidClientTokenId", http.StatusForbidden, "The security token included in the request is invalid.")
}

// accessKey is the caller's access key id, from the Authorization of signature
// version 4, from a presigned URL or from the parameters of version 2.
func accessKey(r *http.Request, a args) string {
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !found {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	if credential == "" && a != nil {
		return a.text("AWSAccessKeyId")
	}
	key, _, _ := strings.Cut(credential, "/")
	return key
}
