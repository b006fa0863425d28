package conf

import (
	"os"
	"testing"
)

func TestForgettingTakesBackWhatCouldNotBeExpanded(t *testing.T) {
	text := "kept: ${A}\nsetup: {one: '${A}', list: [{two: '${B}'}], three: '${C:-x}'}\n"
	n, p := Parse([]Source{{Name: "f.yaml", Data: []byte(text)}}, nil, os.ReadFile)
	if got := len(p.List()); got != 3 {
		t.Fatalf("%d problems: %v", got, p.Err())
	}
	p.Forget(n.Get("setup"))
	p.Forget(nil)
	if list := p.List(); len(list) != 1 || list[0].Line != 1 {
		t.Errorf("%v", p.Err())
	}
}
