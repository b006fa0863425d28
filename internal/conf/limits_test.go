package conf

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestRefuses holds what would be tedious to write into a file.
func TestRefuses(t *testing.T) {
	for name, test := range map[string]struct{ data, want string }{
		"a file over the limit":  {strings.Repeat("#\n", maxFileSize/2) + "a", "f.yaml: the file is larger than 1MiB"},
		"a file that is nested":  {strings.Repeat("[", 200) + strings.Repeat("]", 200), "f.yaml:1:102: nested deeper than 100 levels"},
		"a file in UTF-16":       {"\xff\xfea\x00", "f.yaml:1:1: the file is not UTF-8 text"},
		"text that is not UTF-8": {"a: å\nb: å\xe5\n", "f.yaml:2:5: the file is not UTF-8 text"},
		"control characters":     {"a: 1\nb: \x1b[1m\n", "f.yaml:2:4: control character U+001B in the file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := Parse([]Source{{Name: "f.yaml", Data: []byte(test.data)}}, nil, nil)
			list := p.List()
			if len(list) != 1 || list[0].String() != test.want {
				t.Errorf("got %v, want %s", list, test.want)
			}
		})
	}
}

func TestAccepts(t *testing.T) {
	for name, data := range map[string]string{
		"a byte order mark":      "\ufeffa: ${X}",
		"lines ended by CR LF":   "x: 1\r\n\r\na: ${X}\r\n",
		"levels up to the limit": "a: ${X}\nb: " + strings.Repeat("[", 99) + strings.Repeat("]", 99),
	} {
		t.Run(name, func(t *testing.T) {
			node, p := Parse([]Source{{Name: "f.yaml", Data: []byte(data)}}, nil, nil)
			list := p.List()
			if len(list) != 1 || list[0].Col != 4 || !strings.HasPrefix(list[0].Msg, "undefined variable X") {
				t.Errorf("got %v", list)
			}
			if node.Get("a") == nil {
				t.Error("no node beside the problem")
			}
		})
	}
}

func TestProblemsAreSortedAndPrintedOnce(t *testing.T) {
	first, p := Parse([]Source{{Name: "z.yaml", Data: []byte("a: 1\nb: [x]\n")}}, nil, nil)
	second, other := Parse([]Source{{Name: "a.yaml", Data: []byte("c: 3\n")}}, nil, nil)
	p.Errorf(nil, "no place")
	other.Warnf(second.Get("c"), "odd %d", 3).Hint = "think again"
	p.Include(other)
	p.Errorf(first.Get("b").Items[0], "wrong")
	p.Errorf(first.Get("b").Items[0], "wrong")
	p.Errorf(first.Get("a"), "wrong")
	var out strings.Builder
	p.Render(&out, Colours{})
	want := `z.yaml:1:4: wrong
    a: 1
       ^
z.yaml:2:5: wrong
    b: [x]
        ^
a.yaml:1:4: warning: odd 3; think again
    c: 3
       ^
no place
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
	if err := p.Err(); err == nil || strings.Contains(err.Error(), "odd") {
		t.Errorf("an error should hold the errors only, got %v", err)
	}
}

func TestWarningsAreNoError(t *testing.T) {
	var p Problems
	p.Warnf(nil, "odd")
	if p.HasErrors() || p.Err() != nil {
		t.Errorf("got %v", p.Err())
	}
}

func TestValueThatCannotBeReadIsReportedOnce(t *testing.T) {
	node, p := Parse([]Source{{Name: "f.yaml", Data: []byte(`limits: {min: "${NONE}", max: 0s, count: 1}`)}}, nil, nil)
	into := defaults()
	if Decode(node, &into, p) {
		t.Error("Decode says that all is well")
	}
	if list := p.List(); len(list) != 1 {
		t.Errorf("got %v", list)
	}
	if into.Limits.Count != 1 {
		t.Error("the other settings should be read")
	}
}

func TestDefaultsAreNotChangedThroughPointers(t *testing.T) {
	shared := defaults()
	into := shared
	node, p := Parse([]Source{{Name: "f.yaml", Data: []byte("on_error: {backoff: 5s}")}}, nil, nil)
	if !Decode(node, &into, p) {
		t.Fatal(p.Err())
	}
	if into.OnError.Backoff == shared.OnError.Backoff {
		t.Error("the default behind the pointer was changed as well")
	}
}

func TestErrorsThatWrapSeveralStayWhole(t *testing.T) {
	both := fmt.Errorf("cannot use %w or %w", os.ErrNotExist, os.ErrExist)
	if parts(both) != nil {
		t.Error("taken apart")
	}
	if got := parts(errors.Join(both, os.ErrClosed)); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}
