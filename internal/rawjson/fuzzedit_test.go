package rawjson

import (
	"bytes"
	"reflect"
	"testing"
)

func FuzzSetDelete(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if Check(b, 64) != nil {
			return
		}
		before := bytes.Clone(b)
		for _, p := range fuzzPaths {
			fuzzSet(t, b, p)
			fuzzDelete(t, b, p)
			fuzzRename(t, b, p)
		}
		if !bytes.Equal(b, before) {
			t.Fatalf("%q became %q", before, b)
		}
	})
}

func fuzzSet(t *testing.T, b []byte, p Path) {
	want, ok := setIn(reference(t, b), p.Steps(), "new")
	got, err := Set(b, p, []byte(` "new" `))
	if (err == nil) != ok {
		t.Fatalf("Set(%q, %s): %v, want success %v", b, p, err, ok)
	}
	if ok {
		mustMean(t, "Set", b, p, got, want)
	}
}

func fuzzDelete(t *testing.T, b []byte, p Path) {
	decoded := reference(t, b)
	_, exists := walk(decoded, p.Steps())
	exists = exists && p.Len() > 0
	got, ok := Delete(b, p)
	if ok != exists {
		t.Fatalf("Delete(%q, %s) = %q, %v", b, p, got, ok)
	}
	if ok {
		mustMean(t, "Delete", b, p, got, deleteIn(decoded, p.Steps()))
	}
}

func fuzzRename(t *testing.T, b []byte, p Path) {
	if p.Len() == 0 {
		return
	}
	decoded := reference(t, b)
	last := p.Len() - 1
	key, isKey := p.Steps()[last].(string)
	v, exists := walk(decoded, p.Steps())
	got, ok := RenameKey(b, p, "b")
	if ok != (exists && isKey) {
		t.Fatalf("RenameKey(%q, %s) = %q, %v", b, p, got, ok)
	}
	if !ok {
		return
	}
	parent, _ := walk(decoded, p.Steps()[:last])
	delete(parent.(map[string]any), key)
	parent.(map[string]any)["b"] = v
	mustMean(t, "RenameKey", b, p, got, decoded)
}

func mustMean(t *testing.T, what string, b []byte, p Path, got []byte, want any) {
	t.Helper()
	if err := Check(got, 80); err != nil {
		t.Fatalf("%s(%q, %s) = %q: %v", what, b, p, got, err)
	}
	if v := reference(t, got); !reflect.DeepEqual(v, want) {
		t.Fatalf("%s(%q, %s) = %q, want %v", what, b, p, got, want)
	}
}
