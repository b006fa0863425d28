// Package queuepolicy adds to the access policy of a queue what somebody needs to
// send to it, and leaves what others have put there as it is, to the byte.
package queuepolicy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// Statement allows somebody to use a queue.
type Statement struct {
	// Sid names the statement, in letters and digits. Where the policy has the name
	// already, a number is added: no two of a policy may be the same.
	Sid string
	// Principal is the ARN of an AWS principal, or * for everybody.
	Principal string
	// Actions such as sqs:SendMessage.
	Actions []string
	// Resource is the queue's ARN.
	Resource string
	// SourceARN is the topic on whose behalf the requests must be made; "": any.
	SourceARN string
}

const (
	maxPolicy = 256 << 10 // bytes; SQS takes far less
	maxDepth  = 32
)

var statementsPath = rawjson.NewPath("Statement")

// Merge returns the policy with those of the wanted statements behind it that it
// does not grant already, and these statements. With none missing, it returns the
// policy as it was. An empty policy is one without statements.
//
// The error says why the policy cannot be read; it is then left alone.
func Merge(policy string, wanted ...Statement) (merged string, added []Statement, err error) {
	if strings.TrimSpace(policy) == "" {
		policy = `{"Version":"2012-10-17","Statement":[]}`
	}
	theirs, err := statements(policy)
	if err != nil {
		return "", nil, err
	}
	granted, names := readAll(theirs)
	for _, w := range wanted {
		if w.grantedBy(granted) {
			continue
		}
		raw := w.json(names.free(w.Sid))
		theirs, granted = append(theirs, raw), append(granted, read(raw))
		added = append(added, w)
	}
	if len(added) == 0 {
		return policy, nil, nil
	}
	out, err := rawjson.Set([]byte(policy), statementsPath, list(theirs))
	return string(out), added, err
}

// statements returns the statements of a policy as they are spelled. A single one
// need not be in a list.
func statements(policy string) ([][]byte, error) {
	if len(policy) > maxPolicy {
		return nil, fmt.Errorf("the queue's policy has %d bytes, more than SQS allows", len(policy))
	}
	raw := []byte(policy)
	if err := rawjson.Check(raw, maxDepth); err != nil {
		return nil, fmt.Errorf("the queue's policy is not JSON: %w", err)
	}
	if rawjson.KindOf(raw) != rawjson.Object {
		return nil, errors.New("the queue's policy is no JSON object")
	}
	found, ok := statementsPath.Find(raw)
	if !ok || rawjson.KindOf(found) == rawjson.Null {
		return nil, nil
	}
	return elements(found)
}

func elements(found []byte) ([][]byte, error) {
	switch rawjson.KindOf(found) {
	case rawjson.Object:
		return [][]byte{found}, nil
	case rawjson.Array:
	default:
		return nil, errors.New("Statement of the queue's policy is neither a list nor an object")
	}
	var all [][]byte
	for s := range rawjson.Elements(found) {
		if rawjson.KindOf(s) != rawjson.Object {
			return nil, fmt.Errorf("statement %d of the queue's policy is no object", len(all)+1)
		}
		all = append(all, s)
	}
	return all, nil
}

func list(statements [][]byte) []byte {
	out := []byte{'['}
	for i, s := range statements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, s...)
	}
	return append(out, ']')
}

// sids are the names that a policy uses.
type sids map[string]bool

// free returns the name, with a number if it is taken, and takes it.
func (s sids) free(name string) string {
	free := name
	for n := 2; s[free]; n++ {
		free = name + strconv.Itoa(n)
	}
	s[free] = true
	return free
}

func readAll(raw [][]byte) (granted []statement, names sids) {
	names = sids{}
	for _, r := range raw {
		s := read(r)
		granted = append(granted, s)
		names[s.sid] = true
	}
	return granted, names
}

// json is the statement as it is written into a policy.
func (w Statement) json(sid string) []byte {
	var action any = w.Actions
	if len(w.Actions) == 1 {
		action = w.Actions[0]
	}
	b := rawjson.AppendString([]byte(`{"Sid":`), sid)
	b = rawjson.AppendString(append(b, `,"Effect":"Allow","Principal":{"AWS":`...), w.Principal)
	b, _ = rawjson.Append(append(b, `},"Action":`...), action) // text can always be encoded
	b = rawjson.AppendString(append(b, `,"Resource":`...), w.Resource)
	if w.SourceARN != "" {
		b = rawjson.AppendString(append(b, `,"Condition":{"ArnEquals":{"aws:SourceArn":`...), w.SourceARN)
		b = append(b, "}}"...)
	}
	return append(b, '}')
}
