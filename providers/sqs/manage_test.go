package sqs

import (
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

func manage(t *testing.T, s *sqstest.Server, queue, protocol string) *Managed {
	t.Helper()
	c := Source.Defaults.(SourceConfig)
	c.Settings, c.Queue, c.Protocol = ourSettings(s), queue, protocol
	m, err := Manage(t.Context(), c, pipeline.System, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestAQueueIsMadeAndChanged(t *testing.T) {
	for _, protocol := range []sqstest.Protocols{sqstest.JSON, sqstest.Query} {
		s := sqstest.New(t, sqstest.Options{Protocols: protocol})
		m := manage(t, s, "q", protocolAuto)
		if _, found, err := m.Attributes(t.Context()); found || err != nil {
			t.Fatalf("%s: a queue that is not there: %v, %v", protocol, found, err)
		}
		if err := m.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		policy := `{"Statement":[{"Sid":"a & b <c>"}]}`
		if err := m.Set(t.Context(), "Policy", policy); err != nil {
			t.Fatal(err)
		}
		got, found, err := manage(t, s, s.QueueARN("q"), protocolAuto).Attributes(t.Context())
		if err != nil || !found || got["Policy"] != policy || got["QueueArn"] != s.QueueARN("q") {
			t.Errorf("%s: %v, %v, %v", protocol, got, found, err)
		}
	}
}

func TestPeekingLeavesTheMessageVisible(t *testing.T) {
	for _, protocol := range []string{protocolJSON, protocolQuery} {
		s := sqstest.New(t, sqstest.Options{})
		_, _ = s.CreateQueue("q", nil)
		m := manage(t, s, s.QueueURL("q"), protocol)
		if there, err := m.Peek(t.Context()); there || err != nil {
			t.Errorf("%s: an empty queue: %v, %v", protocol, there, err)
		}
		_ = s.Send("q", "one", "two")
		if there, err := m.Peek(t.Context()); !there || err != nil {
			t.Errorf("%s: %v, %v", protocol, there, err)
		}
		if state, _ := s.Queue("q"); state.Visible != 2 || state.Receives != 1 {
			t.Errorf("%s: %+v", protocol, state)
		}
	}
}

func TestARefusalToChangeAQueueSaysWhatWasAsked(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{Deny: []string{"SetQueueAttributes"}})
	_, _ = s.CreateQueue("q", nil)
	err := manage(t, s, s.QueueURL("q"), protocolJSON).Set(t.Context(), "Policy", "{}")
	if want := `queue "` + s.QueueURL("q") + `": SetQueueAttributes: AccessDenied`; err == nil || err.Error()[:len(want)] != want {
		t.Errorf("%v", err)
	}
}
