package conf

import (
	"testing"
	"time"
)

func TestMessagesNameTheReferenceInsteadOfTheValue(t *testing.T) {
	env := map[string]string{"LONG": "correct-horse", "ONE": "1", "QUOTED": `pass"word`, "EMPTY": ""}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	data := "long: x${LONG}\none: ${ONE}\nquoted: ${QUOTED}\nempty: ${EMPTY}\ndefault: ${NONE:-written}\n"
	node, p := Parse([]Source{{Name: "f.yaml", Data: []byte(data)}}, lookup, nil)
	for msg, want := range map[string]string{
		"bad xcorrect-horse":         "bad x${LONG}",
		"bad correct-horses":         "bad ${LONG}s",
		"want 1 of 100, got 1":       "want ${ONE} of 100, got ${ONE}",
		`bad "pass\"word"`:           `bad "${QUOTED}"`,
		"written in the file":        "written in the file",
		"parse \"correct-horse\": x": "parse \"${LONG}\": x",
	} {
		if got := p.Errorf(node, "%s", msg).Msg; got != want {
			t.Errorf("%q became %q, want %q", msg, got, want)
		}
	}
	_, err := time.ParseDuration("5correct-horse")
	n := &Node{Value: "5correct-horse", Raw: "5${LONG}", pieces: []piece{{"correct-horse", "${LONG}"}}}
	if got, want := scrubParts(n, err.Error()), `time: unknown unit "…" in duration "5${LONG}"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
