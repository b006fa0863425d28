package tiki

import (
	"errors"
	"regexp"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SetupConfig are the settings of `setup:` in a flow from tiki.
//
// `leat setup FLOW --apply` finds the flow's queue or makes it, and has events of each
// type come to it from each seller. Nothing is deleted, and a subscription that is not
// active is made so. Tiki chooses the code of a queue that is made: it is printed, to be
// put into the flow. Until then the flow's queue may be any word, such as new.
//
// There are two kinds of tokens. The queue of a public app belongs to the app, whose
// client_id and client_secret it needs, and each subscription to a seller, who has given the
// app a token: name them in sellers or seller_token. A seller's own app, or a seller's own
// token in the flow, does all of it with the one token: leave both out.
//
// A subscription takes some minutes to act. After 429, 5xx or no answer the same is tried
// again a few times, after looking at what is there by then.
type SetupConfig struct {
	// ClientID is the id of the app that the queue belongs to. Empty: who the flow
	// pulls as.
	ClientID string `yaml:"client_id"`
	// ClientSecret belongs to client_id.
	ClientSecret conf.Secret `yaml:"client_secret"`
	// Sellers is the path of a file that lists who has given the app a token: YAML, a
	// list of {name, sid, token}, or, with a name that ends in .csv, a table with these
	// columns. sid is the seller's id, as in events, and may be left out.
	Sellers string `yaml:"sellers"`
	// SellerToken is the token of the only seller, instead of a file.
	SellerToken conf.Secret `yaml:"seller_token"`
	// QueueName is what the queue is called at Tiki. If the flow's queue is not the code
	// of one that is there, it is found by this name, or made. Empty: none is made.
	QueueName string `yaml:"queue_name"`
	// Types are the types of events to subscribe to, such as ORDER_CREATED_SUCCESSFULLY.
	Types []string `yaml:"types,one,required"`
}

var typePattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,99}$`)

const maxName = 200

// Validate checks what the types of the settings do not.
func (c SetupConfig) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.ClientID != "" || c.ClientSecret == "", "client_id", "client_secret needs client_id beside it")
	need(c.ClientID == "" || c.ClientSecret != "", "client_secret", "client_id needs client_secret beside it")
	need(!strings.Contains(c.ClientID, ":"), "client_id", "must not have a colon in it, which ends it where it is sent")
	need(c.Sellers == "" || c.SellerToken == "", "seller_token", "sellers and seller_token exclude each other: keep one of them")
	need(isHeaderText(c.SellerToken.Reveal()), "seller_token", "must be printable ASCII without spaces")
	need(len(c.QueueName) <= maxName && c.QueueName == strings.TrimSpace(c.QueueName), "queue_name", "want up to 200 bytes without spaces around them")
	need(len(c.Types) > 0, "types", "the list is empty: name the types to subscribe to, such as ORDER_CREATED_SUCCESSFULLY")
	seen := map[string]bool{}
	for _, kind := range c.Types {
		if !typePattern.MatchString(kind) {
			errs = append(errs, pipeline.FieldError("types", "%q is no type of events, such as ORDER_CREATED_SUCCESSFULLY", kind))
		}
		need(!seen[kind], "types", kind+" is in the list twice")
		seen[kind] = true
	}
	return errors.Join(errs...)
}

// owner is the account that the queue belongs to.
func (c SetupConfig) owner(source Account) Account {
	if c.ClientID != "" {
		source.ClientID, source.ClientSecret, source.Token = c.ClientID, c.ClientSecret, ""
	}
	return source
}
