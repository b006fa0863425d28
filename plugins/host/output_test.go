package host

import (
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsOfSeveralLinesAndThoseThatBeginAlikeAreHidden(t *testing.T) {
	log := &locked{}
	o := newOutput(slog.New(slog.NewTextHandler(log, nil)), []string{"hunter", "hunter2-long", "-----BEGIN\nMIIabcdef\n-----END\n"})
	o.read(strings.NewReader("the key is\n-----BEGIN\nMIIabcdef\n-----END\nand hunter2-long\n"))
	if text := log.w.String() + o.last(); strings.Contains(text, "MIIabcdef") || strings.Contains(text, "2-long") {
		t.Error(text)
	}
}
