package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/rawjson"
	"pgregory.net/rapid"
)

// Few names and texts, so that conditions and bodies meet.
var (
	someNames = rapid.SampledFrom([]string{"a", "b", "c"})
	someTexts = rapid.SampledFrom([]string{"", "x", "y", "1", "null", "é\n\"", "😀"})
)

// jsonValue draws JSON text with white space, escapes, duplicate keys and nulls.
func jsonValue(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		kinds := 4
		if depth == 0 {
			kinds = 2
		}
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(rt, "space")
		switch rapid.IntRange(0, kinds).Draw(rt, "kind") {
		case 0:
			return space + jsonText(rt) + space
		case 1, 2:
			return rapid.SampledFrom([]string{"null", "true", "false", "0", "1", "-1.50", "1e2", "123456789012345678", "123456789012345678901"}).Draw(rt, "scalar")
		case 3:
			items := rapid.SliceOfN(jsonValue(depth-1), 0, 3).Draw(rt, "items")
			return "[" + strings.Join(items, space+",") + space + "]"
		}
		return space + jsonObject(depth).Draw(rt, "object")
	})
}

func jsonObject(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		var members []string
		for range rapid.IntRange(0, 4).Draw(rt, "members") {
			members = append(members, spelt(rt, someNames.Draw(rt, "name"))+" : "+jsonValue(depth-1).Draw(rt, "value"))
		}
		return "{" + strings.Join(members, ",") + "}"
	})
}

func jsonText(rt *rapid.T) string { return spelt(rt, someTexts.Draw(rt, "text")) }

// spelt writes a string literal, with all characters escaped or only those that
// have to be.
func spelt(rt *rapid.T, s string) string {
	if rapid.Bool().Draw(rt, "escaped") {
		var b strings.Builder
		for _, r := range s {
			if r > 0xffff {
				return string(rawjson.AppendString(nil, s))
			}
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		return `"` + b.String() + `"`
	}
	return string(rawjson.AppendString(nil, s))
}

// path draws a path as people write them.
func path(rt *rapid.T) string {
	var b strings.Builder
	b.WriteString("body")
	for range rapid.IntRange(0, 3).Draw(rt, "steps") {
		name := someNames.Draw(rt, "step")
		switch rapid.IntRange(0, 3).Draw(rt, "form") {
		case 0:
			fmt.Fprintf(&b, `[%q]`, name)
		case 1:
			fmt.Fprintf(&b, `[%d]`, rapid.IntRange(0, 2).Draw(rt, "index"))
		case 2:
			b.WriteString("?." + name)
		default:
			b.WriteString("." + name)
		}
	}
	return b.String()
}

func condition(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(rt *rapid.T) string {
		text := func() string { return fmt.Sprintf("%q", someTexts.Draw(rt, "text")) }
		kinds := 6
		if depth == 0 {
			kinds = 3
		}
		switch rapid.IntRange(0, kinds).Draw(rt, "kind") {
		case 0:
			return path(rt) + " == " + text()
		case 1:
			return text() + " != " + path(rt)
		case 2:
			return path(rt) + " in [" + strings.Join(rapid.SliceOfN(rapid.Map(someTexts, func(s string) string { return fmt.Sprintf("%q", s) }), 0, 3).Draw(rt, "list"), ", ") + "]"
		case 3:
			return path(rt) + " not in [" + text() + ", " + text() + "]"
		case 4:
			return "!(" + condition(depth-1).Draw(rt, "inner") + ")"
		}
		operator := rapid.SampledFrom([]string{" && ", " || ", " and ", " or "}).Draw(rt, "operator")
		return "(" + condition(depth-1).Draw(rt, "left") + operator + condition(depth-1).Draw(rt, "right") + ")"
	})
}

// payloads are events of the same JSON in all forms that an event can have.
func payloads(raw string) map[string]*Event {
	decoded, set := NewEvent("1", []byte("<xml/>")), NewEvent("1", nil)
	v, _ := rawjson.Decode([]byte(raw))
	decoded.SetDecoded(v)
	set.SetValue(v)
	return map[string]*Event{"bytes": NewEvent("1", []byte(raw)), "decoded": decoded, "value": set}
}

func TestComparisonsDecideAsTheVirtualMachineDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, raw := condition(3).Draw(rt, "condition"), jsonObject(3).Draw(rt, "body")
		fast, err := ParseExpr(text)
		if err != nil || fast.test == nil {
			rt.Fatalf("%s: %v, or it has no fast path", text, err)
		}
		slow := *fast
		slow.test = nil
		for form, e := range payloads(raw) {
			got, gotErr := fast.Bool(e)
			want, wantErr := slow.Bool(e)
			if got != want || gotErr != nil || wantErr != nil {
				rt.Fatalf("%s of %s (%s): fast %v, %v; machine %v, %v", text, raw, form, got, gotErr, want, wantErr)
			}
		}
	})
}

func TestBarePathsReadWhatDecodingWouldGive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, raw := path(rt), jsonValue(3).Draw(rt, "body")
		x, err := ParseExpr(text)
		if err != nil || x.path == nil {
			rt.Fatalf("%s: %v, or it is no path", text, err)
		}
		var body any
		decoder := json.NewDecoder(strings.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&body); err != nil {
			rt.Fatal(err)
		}
		want, _ := x.path.walk(body)
		for form, e := range payloads(raw) {
			got, err := x.Eval(e)
			if err != nil || spelling(got) != spelling(want) {
				rt.Fatalf("%s of %s (%s) = %s, %v; want %s", text, raw, form, spelling(got), err, spelling(want))
			}
			s, ok, err := x.Text(e)
			if ok != (want != nil) || err != nil {
				rt.Fatalf("%s of %s (%s) is text %v, %v", text, raw, form, ok, err)
			}
			switch want := want.(type) {
			case string:
				if s != want {
					rt.Fatalf("%s of %s (%s) is %q, want %q", text, raw, form, s, want)
				}
			case json.Number:
				if form == "bytes" && s != want.String() {
					rt.Fatalf("%s of %s is %q, want it as it is spelt", text, raw, s)
				}
			}
		}
	})
}

// spelling makes values comparable whose numbers are of different types.
func spelling(v any) string {
	raw, err := rawjson.Append(nil, v)
	if err != nil {
		return err.Error()
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return err.Error()
	}
	out, _ := json.Marshal(plain)
	return string(out)
}
