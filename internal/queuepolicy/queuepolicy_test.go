package queuepolicy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const queueARN = "arn:aws:sqs:eu-west-1:111122223333:parcels"

var wanted = Statement{
	Sid: "LeatSPAPI", Principal: "arn:aws:iam::437568002678:root",
	Actions: []string{"sqs:SendMessage", "sqs:GetQueueAttributes"}, Resource: queueARN,
}

var topic = Statement{
	Sid: "LeatDI", Principal: "*", Actions: []string{"SQS:SendMessage"}, Resource: queueARN,
	SourceARN: "arn:aws:sns:eu-west-1:022383231344:parcel-events-push-topic",
}

func TestWhatAPolicyGrantsAlreadyIsNotAdded(t *testing.T) {
	for name, policy := range map[string]string{
		"the same": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::437568002678:root"},"Action":["sqs:SendMessage","sqs:GetQueueAttributes"],"Resource":"` + queueARN + `"}]}`,
		"a single statement, the account's number, another case": `{"Statement":{"Effect":"Allow","Principal":{"AWS":["437568002678"]},"Action":["SQS:sendmessage","SQS:GetQueueAttributes"],"Resource":["` + queueARN + `"]}}`,
		"in two statements": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"437568002678"},"Action":"sqs:SendMessage","Resource":"*"},
			{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"` + queueARN + `"}]}`,
	} {
		if merged, added, err := Merge(policy, wanted); err != nil || added != nil || merged != policy {
			t.Errorf("%s: added %v, %v", name, added, err)
		}
	}
}

func TestWhatAPolicyDoesNotGrantIsAdded(t *testing.T) {
	for name, policy := range map[string]string{
		"none":                    "",
		"no statements":           `{"Version":"2008-10-17"}`,
		"null":                    `{"Statement":null}`,
		"a deny":                  `{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`,
		"one action":              `{"Statement":{"Effect":"Allow","Principal":{"AWS":"437568002678"},"Action":"sqs:SendMessage","Resource":"*"}}`,
		"another queue":           `{"Statement":{"Effect":"Allow","Principal":{"AWS":"437568002678"},"Action":"sqs:*","Resource":"` + queueARN + `2"}}`,
		"a condition":             `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}`,
		"two conditions":          `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"x","aws:PrincipalArn":"y"}}}}`,
		"for a topic":             `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"` + topic.SourceARN + `"}}}}`,
		"everybody but":           `{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"sqs:*","Resource":"*"}}`,
		"a service":               `{"Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:*","Resource":"*"}}`,
		"what nobody understands": `{"Statement":{"Effect":["Allow"],"Principal":7,"Action":{"a":1},"Resource":null}}`,
	} {
		merged, added, err := Merge(policy, wanted)
		if err != nil || len(added) != 1 {
			t.Errorf("%s: added %v, %v", name, added, err)
		}
		if again, added, err := Merge(merged, wanted); err != nil || added != nil || again != merged {
			t.Errorf("%s, merged again: added %v, %v", name, added, err)
		}
	}
}

func TestAConditionOnTheTopicIsUnderstood(t *testing.T) {
	for name, condition := range map[string]string{
		"as documented": `{"ArnEquals":{"aws:SourceArn":"` + topic.SourceARN + `"}}`,
		"as a list":     `{"ArnLike":{"aws:sourcearn":["x","` + topic.SourceARN + `"]}}`,
	} {
		policy := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"SQS:SendMessage","Resource":"` + queueARN + `","Condition":` + condition + `}}`
		if _, added, err := Merge(policy, topic); err != nil || added != nil {
			t.Errorf("%s: added %v, %v", name, added, err)
		}
		other := topic
		other.SourceARN += "-staging"
		if _, added, err := Merge(policy, other); err != nil || len(added) != 1 {
			t.Errorf("%s, for another topic: added %v, %v", name, added, err)
		}
	}
}

func TestADenyThatMayForbidWhatIsWantedIsTold(t *testing.T) {
	const all = `"Principal":"*","Action":"*","Resource":"*"`
	source := func(operator, arn string) string {
		return all + `,"Condition":{"` + operator + `":{"aws:SourceArn":"` + arn + `"}}`
	}
	for elements, want := range map[string][2]bool{ // Amazon's, the topic's
		all:            {true, true},
		`"Sid":"none"`: {true, true},
		`"Principal":{"AWS":"437568002678"},"Action":"sqs:*","Resource":"` + queueARN + `"`:                      {true, false},
		`"Principal":{"AWS":"arn:aws:iam::437568002678:role/x"},"Action":"sqs:send*","Resource":"arn:aws:sqs:*"`: {true, false},
		`"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*","Resource":"*"`:                       {false, false},
		`"Principal":{"Service":"sns.amazonaws.com"},"Action":"*","Resource":"*"`:                                {true, true},
		`"Principal":{"AWS":"1","Service":"sns.amazonaws.com"},"Action":"*","Resource":"*"`:                      {true, true},
		`"NotPrincipal":{"AWS":"1"},"Action":"*","Resource":"*"`:                                                 {true, true},
		`"Principal":"*","NotAction":"sqs:ReceiveMessage","Resource":"*"`:                                        {true, true},
		`"Principal":"*","Action":["sqs:DeleteQueue","SQS:?eceive*"],"Resource":"*"`:                             {false, false},
		`"Principal":"*","Action":"sqs:GetQueueAttributes","Resource":"*"`:                                       {true, false},
		`"Principal":"*","Action":"*","Resource":"` + queueARN + `2"`:                                            {false, false},
		`"Principal":"*","Action":"*","Resource":"${aws:username}"`:                                              {true, true},
		source("ArnNotEquals", "arn:aws:sns:eu-west-1:111122223333:other"):                                       {true, true},
		source("ArnLike", "arn:aws:sns:*:022383231344:*"):                                                        {true, true},
		source("ArnEquals", "arn:aws:sns:eu-west-1:111122223333:other"):                                          {true, false},
		all + `,"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`:                                    {true, true},
		all + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`:                                            {false, false},
		all + `,"Condition":{"Bool":{"aws:SecureTransport":"false"},"ArnNotEquals":{"aws:SourceArn":"x"}}`:       {true, true},
	} {
		for i, w := range []Statement{wanted, topic} {
			denying, err := Denied(`{"Statement":[{"Effect":"Allow",`+all+`},{"Effect":"Deny",`+elements+`}]}`, w)
			if err != nil || (len(denying) == 1) != want[i] {
				t.Errorf("%s, for %s: %v, %v", elements, w.Sid, denying, err)
			}
		}
	}
	for policy, want := range map[string]string{
		"": "[]", "{": "[]", `{"Statement":{"Effect":"Deny","Sid":"Mine"}}`: `[statement "Mine"]`, `{"Statement":[{"Effect":"Allow"},{"Effect":"Deny"}]}`: "[statement 2]",
	} {
		if denying, err := Denied(policy, wanted); fmt.Sprint(denying) != want || (err != nil) != (policy == "{") {
			t.Errorf("%s: %v, %v", policy, denying, err)
		}
	}
}

func TestAPolicyThatCannotBeReadIsLeftAlone(t *testing.T) {
	for _, policy := range []string{
		"{", "[]", `"text"`, `{"Statement":"x"}`, `{"Statement":[1]}`, `{"Statement":[{}],}`, "\xff",
		strings.Repeat("[", 1000), `{"Id":"` + strings.Repeat("x", maxPolicy) + `"}`,
		`{"Statement":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100) + "}",
	} {
		if merged, _, err := Merge(policy, wanted); err == nil || merged != "" {
			t.Errorf("%.40q was merged to %.40q", policy, merged)
		}
	}
}

func TestASidThatIsTakenGetsANumber(t *testing.T) {
	merged, _, err := Merge(`{"Statement":[{"Sid":"LeatSPAPI","Effect":"Deny"},{"Sid":"LeatSPAPI2"}]}`, wanted)
	if err != nil || !strings.Contains(merged, `"Sid":"LeatSPAPI3"`) {
		t.Errorf("%s, %v", merged, err)
	}
}

// Whatever others have put into a policy is in it afterwards, spelled as it was, in
// its order; ours are there, and doing it again changes nothing.
func TestForeignStatementsAreAlwaysKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		theirs := rapid.SliceOfN(foreign(), 0, 6).Draw(t, "statements")
		single := len(theirs) == 1 && rapid.Bool().Draw(t, "single")
		policy := `{"Version": "2012-10-17", "Id":"theirs" , "Statement" : [` + strings.Join(theirs, " ,") + `] }`
		if single {
			policy = `{"Statement":` + theirs[0] + `,"Id":"theirs"}`
		}
		merged, added, err := Merge(policy, wanted, topic)
		if err != nil {
			t.Fatal(err)
		}
		kept := decode(t, merged)
		if len(kept) != len(theirs)+len(added) {
			t.Fatalf("%d statements of %d and %d added: %s", len(kept), len(theirs), len(added), merged)
		}
		for i, s := range theirs {
			if !strings.Contains(merged, s) {
				t.Fatalf("%s is not in %s", s, merged)
			}
			if want := decodeOne(t, s); !reflect.DeepEqual(kept[i], want) {
				t.Fatalf("statement %d is %v, was %v", i, kept[i], want)
			}
		}
		if !strings.Contains(merged, `"Id":"theirs"`) {
			t.Fatalf("the policy's own elements are gone: %s", merged)
		}
		again, added, err := Merge(merged, wanted, topic)
		if err != nil || added != nil || again != merged {
			t.Fatalf("merged again: added %v, %v, %s", added, err, again)
		}
	})
}

// foreign draws a statement in any of the spellings that AWS accepts, and some that
// it does not.
func foreign() *rapid.Generator[string] {
	text := rapid.SampledFrom([]string{`"*"`, `"` + queueARN + `"`, `"sqs:SendMessage"`, `"SQS:*"`, `"437568002678"`, `{"AWS":"*"}`, `{"AWS":["437568002678","*"]}`, `["sqs:SendMessage", "sqs:GetQueueAttributes"]`, `{"Service":"s3.amazonaws.com"}`, `[]`, `7`, `null`, `"Zoë \u0041\/"`})
	return rapid.Custom(func(t *rapid.T) string {
		var members []string
		for _, name := range []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition", "NotAction", "Own"} {
			switch {
			case name == "Effect":
				members = append(members, `"Effect": `+rapid.SampledFrom([]string{`"Allow"`, `"Deny"`, `1.50`}).Draw(t, name))
			case rapid.IntRange(0, 3).Draw(t, "has "+name) > 0:
				members = append(members, `"`+name+`":`+text.Draw(t, name))
			}
		}
		return "{" + strings.Join(members, ", ") + "}"
	})
}

func decode(t *rapid.T, policy string) []any {
	var p struct{ Statement []any }
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		t.Fatal(err)
	}
	return p.Statement
}

func decodeOne(t *rapid.T, statement string) any {
	var v any
	if err := json.Unmarshal([]byte(statement), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func FuzzMerge(f *testing.F) {
	f.Add("")
	f.Add(`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`)
	f.Add(`{"Statement":[],"Statement":[{"Sid":"LeatSPAPI"}]}`)
	f.Fuzz(func(t *testing.T, policy string) {
		merged, _, err := Merge(policy, wanted, topic)
		if _, unread := Denied(policy, wanted, topic); (unread != nil) != (err != nil) {
			t.Fatalf("merged: %v, looked at for a Deny: %v", err, unread)
		}
		if err != nil {
			return
		}
		if !json.Valid([]byte(merged)) {
			t.Fatalf("%q", merged)
		}
		if again, added, err := Merge(merged, wanted, topic); err != nil || added != nil || again != merged {
			t.Fatalf("merged again: added %v, %v, %q", added, err, again)
		}
	})
}
