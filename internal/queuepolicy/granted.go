package queuepolicy

import (
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// statement is one of a policy, as far as it is understood.
type statement struct {
	sid string
	// allows is false for a Deny, and for a statement with anything in it that is
	// not understood: it is kept, and taken to grant nothing.
	allows bool
	// denies is true for a Deny, but not for one of requests without TLS. It is unclear
	// what a Deny forbids that has something in it that is not understood.
	denies, unclear bool
	// mixed is true if services or others are named beside the principals of AWS accounts.
	mixed                          bool
	principals, actions, resources []string
	sources                        []string // nil: for requests on behalf of anybody
}

// read reads a checked statement.
func read(raw []byte) statement {
	decoded, err := rawjson.Decode(raw)
	fields, ok := decoded.(map[string]any)
	if err != nil || !ok {
		return statement{}
	}
	var s statement
	s.sid, _ = fields["Sid"].(string)
	kinds, _ := fields["Principal"].(map[string]any)
	s.principals, s.mixed = principals(fields["Principal"]), len(kinds) > 1
	s.actions, s.resources = texts(fields["Action"]), texts(fields["Resource"])
	condition, has := fields["Condition"]
	s.sources = sources(condition)
	s.unclear = !known(fields) || has && s.sources == nil
	s.allows = fields["Effect"] == "Allow" && !s.unclear
	s.denies = fields["Effect"] == "Deny" && !onlyWithoutTLS(condition)
	return s
}

// known reports whether a statement has only elements that are looked at.
func known(fields map[string]any) bool {
	for name := range fields {
		switch name {
		case "Sid", "Effect", "Principal", "Action", "Resource", "Condition":
		default:
			return false
		}
	}
	return true
}

// texts reads a text or a list of texts.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		all := []string{}
		for _, item := range v {
			if text, ok := item.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

func principals(v any) []string {
	if everybody, ok := v.(string); ok {
		return []string{everybody}
	}
	kinds, _ := v.(map[string]any)
	return texts(kinds["AWS"])
}

// sources reads a condition that asks for the ARN of the source and for nothing
// else; nil if it is another one. ArnEquals and ArnLike mean the same to AWS.
func sources(condition any) []string {
	operators, _ := condition.(map[string]any)
	if len(operators) != 1 {
		return nil
	}
	for operator, v := range operators {
		keys, _ := v.(map[string]any)
		if len(keys) != 1 || !slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals"}, operator) {
			return nil
		}
		for key, value := range keys {
			if strings.EqualFold(key, "aws:SourceArn") {
				return texts(value)
			}
		}
	}
	return nil
}

// grantedBy reports whether statements that are there allow all that is wanted.
func (w Statement) grantedBy(granted []statement) bool {
	for _, action := range w.Actions {
		if !slices.ContainsFunc(granted, func(s statement) bool { return s.grants(w, action) }) {
			return false
		}
	}
	return true
}

func (s statement) grants(w Statement, action string) bool {
	return s.allows &&
		slices.ContainsFunc(s.principals, func(p string) bool { return samePrincipal(p, w.Principal) }) &&
		slices.ContainsFunc(s.actions, func(a string) bool { return covers(a, action) }) &&
		slices.ContainsFunc(s.resources, func(r string) bool { return r == w.Resource || r == "*" }) &&
		(s.sources == nil || w.SourceARN != "" && slices.Contains(s.sources, w.SourceARN))
}

// samePrincipal compares principals. AWS takes the number of an account for the ARN
// of its root.
func samePrincipal(theirs, wanted string) bool {
	account, isRoot := strings.CutPrefix(strings.TrimSuffix(wanted, ":root"), "arn:aws:iam::")
	return theirs == "*" || theirs == wanted || isRoot && theirs == account
}

func covers(theirs, action string) bool {
	return theirs == "*" || strings.EqualFold(theirs, "sqs:*") || strings.EqualFold(theirs, action)
}
