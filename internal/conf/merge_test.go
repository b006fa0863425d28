package conf

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// tree draws settings: maps of few names, so that two of them overlap.
func tree(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 9), func(i int) any { return int64(i) }),
		rapid.Map(rapid.SliceOfN(rapid.Just(any("x")), 0, 2), func(l []any) any { return l }))
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf, rapid.Map(settingsMap(depth), func(m map[string]any) any { return m }))
}

func settingsMap(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c"}), tree(depth-1))
}

func TestMergeTakesMapsTogetherAndTheLaterOfTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, over := settingsMap(3).Draw(t, "base"), settingsMap(3).Draw(t, "over")
		node, p := Parse([]Source{asSource("base", base), asSource("over", over)}, nil, nil)
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
		if got, want := node.Any(), mergedMaps(base, over); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestMergeWithItselfChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := settingsMap(3).Draw(t, "once")
		node, _ := Parse([]Source{asSource("a", once), asSource("b", once)}, nil, nil)
		if !reflect.DeepEqual(node.Any(), any(once)) {
			t.Fatalf("got %v, want %v", node.Any(), once)
		}
	})
}

func asSource(name string, settings map[string]any) Source {
	data, err := json.Marshal(settings)
	if err != nil {
		panic(err)
	}
	return Source{Name: name, Data: data}
}

func mergedMaps(base, over map[string]any) any {
	merged := maps.Clone(base)
	for name, value := range over {
		below, ok1 := base[name].(map[string]any)
		above, ok2 := value.(map[string]any)
		if ok1 && ok2 {
			value = mergedMaps(below, above)
		}
		merged[name] = value
	}
	return merged
}
