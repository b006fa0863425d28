package snssig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"
)

func ours(t testing.TB) *Verifier {
	return &Verifier{Topics: topics(t, testTopic), Certificates: genuine().pinned(t)}
}

func TestGenuineMessagesAreAccepted(t *testing.T) {
	s, v := genuine(), ours(t)
	unsubscribe := confirmation().with("Type", UnsubscribeConfirmation)
	for name, m := range map[string]message{
		"notification": notification(), "version 1": notification().with("SignatureVersion", "1"),
		"without subject": notification().without("Subject"), "empty subject": notification().with("Subject", ""),
		"empty message": notification().with("Message", ""), "confirmation": confirmation(), "unsubscribe": unsubscribe,
		"lines of another message": notification().with("Message", "x\nMessageId\nm\nTopicArn\narn\nType\nNotification\n"),
		"characters of two units":  notification().with("Message", "😀\u2028<>&"),
	} {
		if err := verify(v, s.sign(m).json(), testTime); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// How the JSON is spelled does not matter, only what it says.
func TestSpellingsOfTheSameEnvelope(t *testing.T) {
	v, plain := ours(t), string(genuine().sign(notification()).json())
	bare := genuine().sign(notification().without("Subject"))
	for name, raw := range map[string]string{
		"other order":         `{"Message":` + string(appendLiteral(nil, notification()["Message"])) + "," + strings.Replace(plain[1:], `"Message":`, `"Ignored":`, 1),
		"space":               strings.ReplaceAll(plain, `":"`, "\" : \n\""),
		"escaped slashes":     strings.ReplaceAll(plain, "/", `\/`),
		"escaped letters":     strings.ReplaceAll(plain, "parcel", `\u0070arce\u006C`),
		"escaped key":         strings.Replace(plain, `"MessageId"`, `"Message\u0049d"`, 1),
		"last duplicate":      strings.Replace(plain, `"Message":`, `"Message":"forged","Message":`, 1),
		"Lambda":              strings.NewReplacer("SigningCertURL", "SigningCertUrl", "UnsubscribeURL", "UnsubscribeUrl").Replace(plain),
		"null Subject":        strings.Replace(string(bare.json()), "{", `{"Subject":null,`, 1),
		"unsigned attributes": strings.Replace(plain, "{", `{"MessageAttributes":{"a":{"Value":"1"}},`, 1),
	} {
		if err := verify(v, []byte(raw), testTime); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNotGenuineIsRefused(t *testing.T) {
	s := genuine()
	signed := s.sign(notification())
	plain := string(signed.json())
	for name, c := range map[string]struct{ raw, why string }{
		"first duplicate":          {strings.Replace(plain, "{", `{"Message":"x",`, 1), ""},
		"last duplicate is forged": {strings.Replace(plain, "}", "}", 1)[:len(plain)-1] + `,"Message":"forged"}`, "does not fit"},
		"null":                     {strings.Replace(plain, `"parcel"`, `null`, 1), "does not fit"},
		"number":                   {strings.Replace(plain, `"m-1"`, `1`, 1), "no MessageId"},
		"subject of a number":      {strings.Replace(plain, `"parcel"`, `7`, 1), "no Subject"},
		"subject taken away":       {string(signed.without("Subject").json()), "does not fit"},
		"empty id":                 {string(s.sign(notification().with("MessageId", "")).json()), "MessageId is empty"},
		"line feed in the id":      {string(s.sign(notification().with("MessageId", "a\nb")).json()), "MessageId holds a control character"},
		"line feed in the subject": {string(s.sign(notification().with("Subject", "a\nb")).json()), "Subject holds a control character"},
		"version 3":                {string(signed.with("SignatureVersion", "3").json()), "SignatureVersion"},
		"version as a number":      {strings.Replace(plain, `"SignatureVersion":"2"`, `"SignatureVersion":2`, 1), "SignatureVersion"},
		"version of another hash":  {string(signed.with("SignatureVersion", "1").json()), "does not fit"},
		"no version":               {string(signed.without("SignatureVersion").json()), "SignatureVersion"},
		"no certificate":           {string(signed.without("SigningCertURL").json()), "no SigningCertURL"},
		"no signature":             {string(signed.without("Signature").json()), "no Signature"},
		"empty signature":          {string(signed.with("Signature", "").json()), "does not fit"},
		"line feed in signature":   {string(signed.with("Signature", signed["Signature"][:8]+"\n"+signed["Signature"][8:]).json()), "base64"},
		"return behind signature":  {string(signed.with("Signature", signed["Signature"]+"\r").json()), "base64"},
		"unpadded signature":       {string(signed.with("Signature", strings.TrimRight(signed["Signature"], "=")).json()), "base64"},
		"long signature":           {string(signed.with("Signature", strings.Repeat("AAAA", 1e5)).json()), "base64"},
		"no topic":                 {string(signed.without("TopicArn").json()), "no TopicArn"},
		"other type":               {string(signed.with("Type", "notification").json()), `its Type is "notification"`},
		"no type":                  {string(signed.without("Type").json()), "it has no Type"},
		"type of another":          {string(signed.with("Type", UnsubscribeConfirmation).json()), "no SubscribeURL"},
		"array":                    {"[" + plain + "]", "it has no Type"},
		"half":                     {plain[:len(plain)-2], "payload is not JSON"},
		"deep":                     {strings.Replace(plain, "{", `{"a":`+strings.Repeat("[", 64)+strings.Repeat("]", 64)+",", 1), "nested deeper"},
		"large":                    {strings.Replace(plain, "{", `{"a":"`+strings.Repeat("x", MaxSize)+`",`, 1), "more than an SNS envelope can have"},
	} {
		err := verify(ours(t), []byte(c.raw), testTime)
		if name == "first duplicate" { // the genuine one comes last
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !Permanent(err) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want a permanent error with %q", name, err, c.why)
		}
	}
}

// The string to sign has no quoting. Who may send to a topic of his own must not
// be able to have a text signed that reads as a message of another topic.
func TestBordersOfFieldsCannotBeMoved(t *testing.T) {
	const mine = "arn:aws:sns:eu-west-1:999999999999:mine"
	m := notification().with("TopicArn", mine).without("Subject").
		with("Message", "x\nMessageId\nm-2\nTimestamp\n2026-03-31T12:00:00.000Z\nTopicArn\n"+testTopic)
	signed := genuine().sign(m)
	tail := "\nMessageId\nm-1\nTimestamp\n" + m["Timestamp"] + "\nTopicArn\n" + mine
	forged := signed.with("Message", "x").with("MessageId", "m-2").with("TopicArn", testTopic+tail)
	if forged.toSign() != signed.toSign() {
		t.Fatal("the two are not the same text")
	}
	for _, list := range []Topics{topics(t, testTopic), topics(t, "arn:aws:sns:eu-west-1:123456789012:*"), AnyTopic()} {
		v := &Verifier{list, genuine().pinned(t)}
		if err := verify(v, forged.json(), testTime); !Permanent(err) {
			t.Errorf("got %v", err)
		}
	}
}

func TestCertificatesOfOthersWillNotDo(t *testing.T) {
	key := newKey(2048)
	for _, name := range []string{"sns.amazonaws.com.example.com", "example.com", "*.amazonaws.com", "sqs.amazonaws.com", "sns-signing.eu-west-2.amazonaws.com"} {
		s := newSigner(key, name)
		v := &Verifier{topics(t, testTopic), s.pinned(t)}
		if err := verify(v, s.sign(notification()).json(), testTime); !Permanent(err) || !strings.Contains(err.Error(), "not one of SNS") {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := newSigner(key, "sns.amazonaws.com")
	if err := verify(&Verifier{topics(t, testTopic), other.pinned(t)}, genuine().sign(notification()).json(), testTime); !Permanent(err) {
		t.Errorf("another key: %v", err)
	}
}

func TestNamesOfCertificatesByRegion(t *testing.T) {
	key := newKey(2048)
	for arn, name := range map[string]string{
		"arn:aws:sns:af-south-1:123456789012:parcels":           "sns-signing.af-south-1.amazonaws.com",
		"arn:aws:sns:us-east-1:123456789012:parcels.fifo":       "sns.amazonaws.com",
		"arn:aws-cn:sns:cn-north-1:123456789012:parcels":        "sns-cn-north-1.amazonaws.com.cn",
		"arn:aws-us-gov:sns:us-gov-east-1:123456789012:parcels": "SNS-us-gov-west-1.amazonaws.com",
	} {
		s := newSigner(key, name)
		topic, err := parseTopic(arn)
		if err != nil {
			t.Error(err)
			continue
		}
		m := s.sign(notification().with("TopicArn", arn).with("SigningCertURL", "https://"+topic.host()+"/a.pem"))
		if err := verify(&Verifier{topics(t, arn), s.pinned(t)}, m.json(), testTime); err != nil {
			t.Errorf("%s: %v", arn, err)
		}
	}
}

func TestTheCertificateMustBeValidThen(t *testing.T) {
	raw := genuine().sign(notification()).json()
	for _, d := range []time.Duration{-61 * time.Minute, 61 * time.Minute} {
		err := verify(ours(t), raw, testTime.Add(d))
		var e *Error
		if !errors.As(err, &e) || !e.Outdated || !e.Permanent {
			t.Errorf("after %s: %v", d, err)
		}
	}
	forged := strings.Replace(string(raw), "next", "text", 1)
	var e *Error
	if err := verify(ours(t), []byte(forged), testTime.Add(time.Hour*24)); !errors.As(err, &e) || e.Outdated {
		t.Errorf("a forged one is said to be merely outdated: %v", err)
	}
}

func TestTwoPinnedCertificates(t *testing.T) {
	next := newSigner(newKey(2048), "sns.amazonaws.com")
	list, err := ParseCertificates([]byte("old\n" + string(genuine().pem) + "new\n" + string(next.pem)))
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for _, s := range []*signer{genuine(), next} {
		if err := verify(&Verifier{topics(t, testTopic), Pinned(list)}, s.sign(notification()).json(), testTime); err != nil {
			t.Error(err)
		}
	}
}

func TestWeakKeysAreRefused(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*signer{"1024 bits": newSigner(newKey(1024), "sns.amazonaws.com"), "not RSA": newSigner(curve, "sns.amazonaws.com")} {
		if _, err := ParseCertificates(s.pem); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, text := range []string{"", "x", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := ParseCertificates([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
