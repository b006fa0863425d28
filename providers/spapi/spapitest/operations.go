package spapitest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// operations are those of the API, by method and shape of the path.
var operations = map[string]operation{
	"GET destinations":                           {"getDestinations", true, getDestinations},
	"POST destinations":                          {"createDestination", true, createDestination},
	"GET destinations/{id}":                      {"getDestination", true, getDestination},
	"DELETE destinations/{id}":                   {"deleteDestination", true, deleteDestination},
	"GET subscriptions/{type}":                   {"getSubscription", false, getSubscription},
	"POST subscriptions/{type}":                  {"createSubscription", false, createSubscription},
	"GET subscriptions/{type}/{id}":              {"getSubscriptionById", true, getSubscriptionByID},
	"DELETE subscriptions/{type}/{id}":           {"deleteSubscriptionById", true, deleteSubscription},
	"POST subscriptions/{type}/testNotification": {"sendTestNotification", true, sendTest},
}

type queueSpec struct {
	ARN string `json:"arn"`
}

type busSpec struct {
	Name      string `json:"name,omitempty"`
	Region    string `json:"region"`
	AccountID string `json:"accountId"`
}

type resourceSpec struct {
	SQS         *queueSpec `json:"sqs,omitempty"`
	EventBridge *busSpec   `json:"eventBridge,omitempty"`
}

func getDestinations(s *Server, _ *request) (int, any) {
	list := []any{}
	for _, d := range s.destinations {
		list = append(list, d.json())
	}
	return payload(list)
}

func createDestination(s *Server, r *request) (int, any) {
	var body struct {
		Name                  string
		ResourceSpecification resourceSpec
	}
	spec := &body.ResourceSpecification
	if json.Unmarshal(r.body, &body) != nil || body.Name == "" || (spec.SQS == nil) == (spec.EventBridge == nil) {
		return refused(http.StatusBadRequest, "InvalidInput", "a name and exactly one resource are needed")
	}
	made := Destination{Name: body.Name}
	if spec.SQS != nil {
		made.QueueARN = spec.SQS.ARN
	} else {
		made.AccountID, made.Region = spec.EventBridge.AccountID, spec.EventBridge.Region
	}
	for _, d := range s.destinations {
		if d.Name == made.Name || d.QueueARN == made.QueueARN && d.AccountID == made.AccountID && d.Region == made.Region {
			return refused(http.StatusConflict, "Conflict", "the destination exists")
		}
	}
	if strings.HasSuffix(made.QueueARN, ".fifo") {
		return refused(http.StatusBadRequest, "InvalidInput", "FIFO queues are not supported")
	}
	made.ID = s.newID("destination")
	s.destinations = append(s.destinations, made)
	return payload(made.json())
}

func (d Destination) json() any {
	spec := resourceSpec{SQS: &queueSpec{d.QueueARN}}
	if d.QueueARN == "" {
		spec = resourceSpec{EventBridge: &busSpec{Name: "aws.partner/" + d.Name, Region: d.Region, AccountID: d.AccountID}}
	}
	return map[string]any{"destinationId": d.ID, "name": d.Name, "resource": spec}
}

func (s *Server) destinationAt(id string) int {
	return slices.IndexFunc(s.destinations, func(d Destination) bool { return d.ID == id })
}

func getDestination(s *Server, r *request) (int, any) {
	i := s.destinationAt(r.id)
	if i < 0 {
		return missing()
	}
	return payload(s.destinations[i].json())
}

func deleteDestination(s *Server, r *request) (int, any) {
	i := s.destinationAt(r.id)
	if i < 0 {
		return missing()
	}
	s.destinations = slices.Delete(s.destinations, i, i+1)
	return http.StatusOK, struct{}{}
}

// getSubscription without a payload version returns the one of the latest.
func getSubscription(s *Server, r *request) (int, any) {
	version, latest := r.http.URL.Query().Get("payloadVersion"), -1
	for i, sub := range s.subscriptions {
		if sub.Seller != r.Bearer || sub.Type != r.Type || version != "" && sub.PayloadVersion != version {
			continue
		}
		if latest < 0 || sub.PayloadVersion > s.subscriptions[latest].PayloadVersion {
			latest = i
		}
	}
	if latest < 0 {
		return missing()
	}
	return payload(s.subscriptions[latest].json())
}

func createSubscription(s *Server, r *request) (int, any) {
	var body struct{ PayloadVersion, DestinationID string }
	if json.Unmarshal(r.body, &body) != nil || body.PayloadVersion == "" || s.destinationAt(body.DestinationID) < 0 {
		return refused(http.StatusBadRequest, "InvalidInput", "a payloadVersion and the id of a destination are needed")
	}
	for _, sub := range s.subscriptions {
		if sub.Seller == r.Bearer && sub.Type == r.Type && sub.PayloadVersion == body.PayloadVersion {
			return refused(http.StatusConflict, "Conflict", "the subscription exists")
		}
	}
	made := Subscription{s.newID("subscription"), r.Bearer, r.Type, body.PayloadVersion, body.DestinationID}
	s.subscriptions = append(s.subscriptions, made)
	return payload(made.json())
}

func (s Subscription) json() any {
	return map[string]string{"subscriptionId": s.ID, "payloadVersion": s.PayloadVersion, "destinationId": s.DestinationID}
}

func (s *Server) subscriptionAt(r *request) int {
	return slices.IndexFunc(s.subscriptions, func(sub Subscription) bool { return sub.ID == r.id && sub.Type == r.Type })
}

func getSubscriptionByID(s *Server, r *request) (int, any) {
	i := s.subscriptionAt(r)
	if i < 0 {
		return missing()
	}
	return payload(s.subscriptions[i].json())
}

func deleteSubscription(s *Server, r *request) (int, any) {
	i := s.subscriptionAt(r)
	if i < 0 {
		return missing()
	}
	s.subscriptions = slices.Delete(s.subscriptions, i, i+1)
	return http.StatusOK, struct{}{}
}

func payload(v any) (int, any) { return http.StatusOK, map[string]any{"payload": v} }

func refused(status int, code, message string) (int, any) { return status, errorList(code, message) }

func missing() (int, any) {
	return refused(http.StatusNotFound, "NotFound", "the resource does not exist")
}
