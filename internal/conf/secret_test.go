package conf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	token := Secret("hunter2")
	nested := struct{ Token Secret }{token}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s"} {
		fmt.Fprintf(&out, verb+"\n", token)
		fmt.Fprintf(&out, verb+"\n", nested)
	}
	fmt.Fprintln(&out, token, nested, token.String(), token.GoString())
	if err := json.NewEncoder(&out).Encode([]any{token, nested, &nested}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", token, "nested", nested)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", token, "nested", nested)
	for _, leak := range []string{"hunter2", "68756e74657232", "68756E74657232"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%s is printed:\n%s", leak, out.String())
		}
	}
	if token.Reveal() != "hunter2" {
		t.Errorf("Reveal gives %q", token.Reveal())
	}
}
