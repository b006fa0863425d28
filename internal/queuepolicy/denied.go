package queuepolicy

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Denied returns which statements of a policy may forbid what is wanted, as
// "statement 2" or with their Sid: each Deny that matches, or of which that is not
// known. A Deny counts more than any Allow. An empty policy forbids nothing.
//
// The error says why the policy cannot be read.
func Denied(policy string, wanted ...Statement) (denying []string, err error) {
	if strings.TrimSpace(policy) == "" {
		return nil, nil
	}
	raw, err := statements(policy)
	for i, r := range raw {
		s := read(r)
		if !slices.ContainsFunc(wanted, s.mayForbid) {
			continue
		}
		name := fmt.Sprintf("statement %d", i+1)
		if s.sid != "" {
			name = fmt.Sprintf("statement %q", s.sid)
		}
		denying = append(denying, name)
	}
	return denying, err
}

// mayForbid reports whether it is not certain that a statement leaves alone what is
// wanted. What it does not say, or says in a way that is not understood, is taken to
// match.
func (s statement) mayForbid(w Statement) bool {
	if !s.denies {
		return false
	}
	if s.unclear || s.mixed {
		return true
	}
	return mayMatch(s.principals, func(p string) bool { return mayBe(p, w.Principal) }) &&
		slices.ContainsFunc(w.Actions, func(action string) bool {
			return mayMatch(s.actions, func(a string) bool { return like(a, action) })
		}) &&
		mayMatch(s.resources, func(r string) bool { return like(r, w.Resource) }) &&
		(w.SourceARN == "" || mayMatch(s.sources, func(source string) bool { return like(source, w.SourceARN) }))
}

func mayMatch(theirs []string, matches func(string) bool) bool {
	return len(theirs) == 0 || slices.ContainsFunc(theirs, matches)
}

// mayBe reports whether a principal may be the one that is wanted, or one of its account.
func mayBe(theirs, wanted string) bool {
	account, isRoot := strings.CutPrefix(strings.TrimSuffix(wanted, ":root"), "arn:aws:iam::")
	return samePrincipal(theirs, wanted) || isRoot && strings.Contains(theirs, ":"+account+":")
}

// like reports whether a text may match a pattern, in which * stands for any text, ? for
// one character and ${…} for what only AWS knows. The case of letters does not count.
func like(pattern, text string) bool {
	if strings.Contains(pattern, "${") {
		return true
	}
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	matches, err := regexp.MatchString("(?is)^"+expression+"$", text)
	return matches || err != nil
}

// onlyWithoutTLS reports whether a condition is that of a Deny of requests without TLS.
// AWS's own services send with it.
func onlyWithoutTLS(condition any) bool {
	return reflect.DeepEqual(condition, map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}})
}
