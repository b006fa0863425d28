package spapi

import (
	"errors"
	"regexp"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SetupConfig are the settings of `setup:` in a flow from spapi.
//
// `leat setup FLOW --apply` lets Amazon send to the flow's queue, makes the queue a
// destination of the app, and subscribes each seller to each type of notifications.
// A subscription that leads elsewhere is moved: its old destination gets nothing any
// more. Statements of others in the queue's policy stay as they are.
//
// The rights needed on the queue are sqs:GetQueueUrl, sqs:GetQueueAttributes and
// sqs:SetQueueAttributes.
type SetupConfig struct {
	// ClientID is that of the app's LWA credentials.
	ClientID string `yaml:"client_id,required"`
	// ClientSecret is that of the app's LWA credentials.
	ClientSecret conf.Secret `yaml:"client_secret,required"`
	// Sellers is the path of a file that lists who has authorized the app: YAML, a
	// list of {name, id, refresh_token, region, marketplaces}, or, with a name that
	// ends in .csv, a table with these columns. A seller's region is na, eu or fe; its
	// marketplaces, as ids, tell it too.
	Sellers string `yaml:"sellers,required"`
	// Region is that of sellers whose own is not given: na, eu or fe.
	Region string `yaml:"region"`
	// Types are the types of notifications to subscribe to, as ORDER_CHANGE or
	// {type: ORDER_CHANGE, version: "1.0"}, whose version is that of the payload.
	Types []notificationType `yaml:"types,one,required"`
	// Destination is what the destination is called at Amazon. Empty: leat- and the
	// flow's name.
	Destination string `yaml:"destination"`
	// EventBridge has Amazon send to an event bus instead of the queue.
	EventBridge *EventBridge `yaml:"event_bridge"`
	// Sandbox uses Amazon's sandbox instead.
	Sandbox bool `yaml:"sandbox"`
	// Test has the sandbox send a test notification of each type, with each --apply.
	// Amazon sends none outside of the sandbox.
	Test bool `yaml:"test"`
	// Endpoint is where the API is reached instead of Amazon's hosts, for tests:
	// https, or http on this machine.
	Endpoint string `yaml:"endpoint"`
	// TokenEndpoint is where tokens are asked for instead of Login with Amazon.
	TokenEndpoint string `yaml:"token_endpoint"`
}

// EventBridge is an event bus of yours that Amazon sends to.
type EventBridge struct {
	// AccountID is the number of your AWS account.
	AccountID string `yaml:"account_id,required"`
	// Region is the bus's, such as eu-west-1.
	Region string `yaml:"region,required"`
}

// notificationType is one type and version of payloads.
type notificationType struct {
	// Type is Amazon's name for it.
	Type string `yaml:"type,required,short"`
	// Version is that of the payload. Empty: 1.0.
	Version string `yaml:"version"`
}

func (n notificationType) String() string { return n.Type + " " + n.Version }

const firstVersion = "1.0"

var (
	typePattern    = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,99}$`)
	versionPattern = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4})?$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
)

// Validate fills in the version.
func (n *notificationType) Validate() error {
	if n.Version == "" {
		n.Version = firstVersion
	}
	if !typePattern.MatchString(n.Type) {
		return conf.FieldError("type", "%q is no type of notifications, such as ORDER_CHANGE", n.Type)
	}
	if !versionPattern.MatchString(n.Version) {
		return conf.FieldError("version", `%q is no version of payloads, such as "1.0"`, n.Version)
	}
	return nil
}

// Validate checks what the types of the settings do not.
func (c SetupConfig) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.ClientID != "", "client_id", "is empty: copy it from the app's LWA credentials")
	need(c.ClientSecret != "", "client_secret", "is empty: copy it from the app's LWA credentials")
	need(c.Region == "" || hostedIn(c.Region), "region", "want na, eu or fe")
	need(len(c.Types) > 0, "types", "the list is empty: name the types to subscribe to, such as ORDER_CHANGE")
	need(!c.Test || c.Sandbox, "test", "needs sandbox: true: Amazon sends test notifications in its sandbox only")
	need(len(c.Destination) <= 256, "destination", "must not be longer than 256 characters")
	for field, endpoint := range map[string]string{"endpoint": c.Endpoint, "token_endpoint": c.TokenEndpoint} {
		if err := checkEndpoint(endpoint); endpoint != "" && err != nil {
			errs = append(errs, pipeline.FieldError(field, "%w", err))
		}
	}
	seen := map[notificationType]bool{}
	for _, n := range c.Types {
		need(!seen[n], "types", n.String()+" is in the list twice")
		seen[n] = true
	}
	return errors.Join(errs...)
}

// Validate checks what the types of the settings do not.
func (e EventBridge) Validate() error {
	if !accountPattern.MatchString(e.AccountID) {
		return conf.FieldError("account_id", "want the 12 digits of an AWS account")
	}
	return nil
}

func hostedIn(region string) bool {
	for _, r := range regions {
		if r == region {
			return true
		}
	}
	return false
}
