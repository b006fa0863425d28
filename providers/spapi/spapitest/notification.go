package spapitest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// sendTest puts a notification of the type into the destination's queue.
func sendTest(s *Server, r *request) (int, any) {
	var body struct{ DestinationID string }
	if json.Unmarshal(r.body, &body) != nil {
		return refused(http.StatusBadRequest, "InvalidInput", "the id of a destination is needed")
	}
	i := s.destinationAt(body.DestinationID)
	switch {
	case !s.options.Sandbox:
		return refused(http.StatusForbidden, "Unauthorized", "test notifications are sent in the sandbox only")
	case i < 0:
		return missing()
	case s.options.Queues == nil || s.destinations[i].QueueARN == "":
		return http.StatusOK, struct{}{}
	}
	arn := s.destinations[i].QueueARN
	if err := s.options.Queues.Send(arn[strings.LastIndexByte(arn, ':')+1:], s.notification(r.Type)); err != nil {
		return refused(http.StatusInternalServerError, "InternalFailure", err.Error())
	}
	return http.StatusOK, struct{}{}
}

func (s *Server) notification(kind string) string {
	now := s.options.Clock.Now().UTC().Format(time.RFC3339Nano)
	b, _ := json.Marshal(map[string]any{ // text can always be encoded
		"NotificationVersion": "1.0", "NotificationType": kind, "PayloadVersion": "1.0", "EventTime": now,
		"Payload": map[string]any{"Test": true},
		"NotificationMetadata": map[string]string{
			"ApplicationId": "amzn1.sp.solution.test", "SubscriptionId": "test", "PublishTime": now, "NotificationId": s.newID("notification"),
		},
	})
	return string(b)
}
