package pipeline

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"pgregory.net/rapid"
)

// decodeFolded fills into from a setting of a preset that matches either casing.
func decodeFolded(t testing.TB, yaml string, into any) {
	t.Helper()
	root, problems := conf.Parse([]conf.Source{{Name: "x", Data: []byte(yaml)}}, nil, nil)
	root.FoldCase()
	conf.Decode(root, into, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
}

func foldedExpr(t testing.TB, text string) *Expr {
	t.Helper()
	quoted, _ := json.Marshal(text)
	x := new(Expr)
	decodeFolded(t, string(quoted), x)
	return x
}

func TestFoldedExpressions(t *testing.T) {
	const body = `{"Payload":{"SellerId":"S","sellerID":"other"},"Events":[{"Name":"a","Q":1},{"name":"b","q":3},{}],"List":[[1]]}`
	for text, want := range map[string]string{
		`body.payload.sellerid`:                      `"other"`, // the last of the folded ones
		`body.payload.SellerId`:                      `"S"`,     // exact
		`body["PAYLOAD"]["SellerId"] + "!"`:          `"S!"`,
		`body?.payload?.nope`:                        `null`,
		`body.events[1].NAME`:                        `"b"`,
		`body.list[0][0]`:                            `1`,
		`map(body.events, .NAME)`:                    `["a","b",null]`,
		`map(body.events, #?.Name)`:                  `["a","b",null]`,
		`filter(body.events, .Q != nil && .Q > 2)`:   `[{"name":"b","q":3}]`,
		`(body.nope ?? body.payload).sellerId`:       `"other"`,
		`map(body.nope ?? [], .x)`:                   `[]`,
		`body.payload.sellerId == "other"`:           `true`,
		`body.payload.sellerId in ["other"]`:         `true`,
		`body.payload.SELLERID != "x" && !("q"=="")`: `true`,
		`time.Year() == 1`:                           `true`,
		`meta.A`:                                     `null`, // metadata has names of our own
	} {
		for form, e := range payloads(body) {
			e.SetMeta("a", "x")
			got, err := foldedExpr(t, text).Eval(e)
			if raw, _ := rawjson.Append(nil, got); err != nil || string(raw) != want {
				t.Errorf("%s (%s) = %s, %v; want %s", text, form, raw, err, want)
			}
		}
	}
	if _, err := foldedExpr(t, `map(body.list, .x)`).Eval(NewEvent("1", []byte(body))); err == nil || !Rejected(err) {
		t.Errorf("a member of a list: %v", err)
	}
	if _, err := ParseExpr(`__member(body, "a")`); err == nil {
		t.Error("an expression may name __member")
	}
}

func TestFoldedPathsEdit(t *testing.T) {
	var p Path
	decodeFolded(t, "body.payload.sellerId", &p)
	e := NewEvent("1", []byte(`{"Payload":{"SellerId":"S","x":1}}`))
	if text, ok, err := e.Text(p); text != "S" || !ok || err != nil {
		t.Errorf("read %q, %v, %v", text, ok, err)
	}
	if err := e.Set(p, "T"); err != nil {
		t.Fatal(err)
	}
	if err := e.Rename(p, "seller"); err != nil {
		t.Fatal(err)
	}
	if raw, _ := e.Bytes(); string(raw) != `{"Payload":{"seller":"T","x":1}}` {
		t.Errorf("it became %s", raw)
	}
	if p.String() != "body.payload.sellerId" {
		t.Errorf("the path is %s", p)
	}
}

// A folded field read from bytes is that of the decoded value. In a map the names
// have the order in which they are written.
func TestFoldedReadsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, raw := path(rt), jsonValue(3).Draw(rt, "body")
		raw = casings(rt, raw)
		value, err := rawjson.Decode([]byte(raw))
		if err != nil {
			rt.Fatal(err)
		}
		written, _ := rawjson.Append(nil, value)
		x := foldedExpr(t, text)
		machine := *x
		machine.path = nil
		for form, e := range payloads(string(written)) {
			want, _ := x.path.walk(value)
			got, err := x.Eval(e)
			slow, slowErr := machine.Eval(e)
			if err != nil || slowErr != nil || spelling(got) != spelling(want) || spelling(slow) != spelling(want) {
				rt.Fatalf("%s of %s (%s) = %s, %v; machine %s, %v; want %s", text, written, form, spelling(got), err, spelling(slow), slowErr, spelling(want))
			}
		}
	})
}

func TestFoldedComparisonsDecideAsTheVirtualMachineDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text, raw := condition(2).Draw(rt, "condition"), casings(rt, jsonObject(3).Draw(rt, "body"))
		fast := foldedExpr(t, text)
		slow := *fast
		slow.test = nil
		e := NewEvent("1", []byte(raw))
		got, gotErr := fast.Bool(e)
		want, wantErr := slow.Bool(e)
		if got != want || gotErr != nil || wantErr != nil {
			rt.Fatalf("%s of %s: fast %v, %v; machine %v, %v", text, raw, got, gotErr, want, wantErr)
		}
	})
}

// casings writes some of the names in capitals.
func casings(rt *rapid.T, raw string) string {
	for _, name := range []string{"a", "b", "c"} {
		for from := 0; ; {
			at := strings.Index(raw[from:], `"`+name+`"`)
			if at < 0 {
				break
			}
			if from += at + 3; rapid.Bool().Draw(rt, "capital") {
				raw = raw[:from-3] + strings.ToUpper(raw[from-3:from]) + raw[from:]
			}
		}
	}
	return raw
}
