package conf

import "testing"

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	const text = `a: 1
b: "1"
c: [x, {d: null, e: 'it''s'}]
f: ${SECRET}
g: |
  two
  lines
h: {}
i: []
j: "true"
k: body.a == "x" && true
l: ""
m: $${literal}
`
	env := func(string) (string, bool) { return "hunter2", true }
	root, problems := Parse([]Source{{Name: "a.yaml", Data: []byte(text)}}, env, nil)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	written, err := Write(root)
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Parse([]Source{{Name: "b.yaml", Data: written}}, env, nil)
	if err := problems.Err(); err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
	if !sameTree(root, again) {
		t.Errorf("it was written as\n%s", written)
	}
}

func sameTree(a, b *Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || a.Raw != b.Raw || len(a.Fields) != len(b.Fields) || len(a.Items) != len(b.Items) {
		return false
	}
	for i, f := range a.Fields {
		if !sameTree(f.Key, b.Fields[i].Key) || !sameTree(f.Value, b.Fields[i].Value) {
			return false
		}
	}
	for i, item := range a.Items {
		if !sameTree(item, b.Items[i]) {
			return false
		}
	}
	return a.Any() == nil == (b.Any() == nil)
}
