package conf

import "testing"

// field is a name that says how it matches.
type field struct {
	name   string
	folded bool
}

func (f *field) UnmarshalText(b []byte) error { f.name = string(b); return nil }
func (f *field) FoldCase()                    { f.folded = true }

func TestNamesFoldWhereTheirNodeSaysSo(t *testing.T) {
	n, p := Parse([]Source{{Name: "x", Data: []byte("preset: {a: x, list: [y, z], by: {k: v}}\nown: w")}}, nil, nil)
	n.Get("preset").FoldCase()
	var got struct {
		Preset struct {
			A    *field           `yaml:"a"`
			List []field          `yaml:"list"`
			By   map[string]field `yaml:"by"`
		} `yaml:"preset"`
		Own field `yaml:"own"`
	}
	if !Decode(n, &got, p) {
		t.Fatal(p.Err())
	}
	for _, f := range []field{*got.Preset.A, got.Preset.List[0], got.Preset.List[1], got.Preset.By["k"]} {
		if !f.folded {
			t.Errorf("%s does not fold", f.name)
		}
	}
	if got.Own.folded {
		t.Error("own folds, which is outside")
	}
	if key := n.Get("preset").Get("by").Fields[0].Key; !key.Fold || !key.At(0).Fold {
		t.Error("a key does not fold")
	}
	(*Node)(nil).FoldCase()
}

func TestWhatIsLaidOverAPresetSaysItself(t *testing.T) {
	base, p := Parse([]Source{{Name: "x", Data: []byte("{a: {b: x}, c: y}")}}, nil, nil)
	over, _ := Parse([]Source{{Name: "y", Data: []byte("a: {d: z}")}}, nil, nil)
	base.FoldCase()
	merged := merge(base, over)
	if p.Err() != nil || !merged.Get("a").Get("b").Fold || merged.Get("a").Get("d").Fold {
		t.Error("a merged field folds as the file it is not from")
	}
}
