package pipeline

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

const parcel = `{"n":123456789012345678,"big":123456789012345678901,"f":1.0,"s":"x","nul":null,` +
	`"list":[{"sku":"a","q":1},{"sku":"b","q":2.5}],"o":{"k":{"d":1}},"odd name":"y"}`

// parcelEvent is an event with everything an expression can read.
func parcelEvent() *Event {
	e := NewEvent("id1", []byte(parcel))
	e.Key, e.Type, e.Time = "k1", "created", time.Unix(1_700_000_000, 0).UTC()
	e.SetMeta("sns.shopId", "1")
	e.SetMeta("plain", "p")
	return e
}

func parse(t testing.TB, text string) *Expr {
	t.Helper()
	x, err := ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return x
}

func TestExpressionsReadEveryPartOfAnEvent(t *testing.T) {
	for text, want := range map[string]any{
		`body.n == 123456789012345678`:       true,
		`body.n > 5 && body.list[0].q == 1`:  true,
		`body.f == 1`:                        true,
		`body["odd name"]`:                   "y",
		`body.o["k"].d`:                      int64(1),
		`body.list[1].sku`:                   "b",
		`body.list[-1].sku`:                  "b",
		`body.list[7].sku`:                   nil,
		`body?.o?.k?.d`:                      int64(1),
		`body.missing?.x.y`:                  nil,
		`body.missing.x.y`:                   nil,
		`body.nul.x`:                         nil,
		`body.s.x`:                           nil,
		`body.missing ?? "d"`:                "d",
		`body.missing == nil`:                true,
		`meta["sns.shopId"] == "1"`:          true,
		`meta.plain`:                         "p",
		`meta["nope"]`:                       nil,
		`meta["no" + "pe"]`:                  nil,
		`meta["pl" + "ain"]`:                 "p",
		`meta?.nope ?? "d"`:                  "d",
		`"plain" in meta && len(meta) == 2`:  true,
		`id + "/" + key + "/" + type`:        "id1/k1/created",
		`time.Year()`:                        2023,
		`time > date("2020-01-01")`:          true,
		`any(body.list, .sku == "b")`:        true,
		`all(body.list, .q > 2)`:             false,
		`map(body.list, .sku)`:               []any{"a", "b"},
		`body.list | map(#.sku) | join(",")`: "a,b",
		`filter(body.list, .q > 2)[0].sku`:   "b",
		`let x = body.s; x + "y"`:            "xy",
		`let x = body.nul; x.y.z[0]`:         nil,
		`map([body.nul, body.o], .k.d)`:      []any{nil, int64(1)},
		`(body.missing ?? body.o).k.d`:       int64(1),
		`let t = time; t.Year() + t.Add(duration("1h")).Year()`: 4046,
		`body.n in ["103"]`:                           false,
		`body.list in ["103"] || meta.plain in ["p"]`: true,
		`body.n not in ["103"]`:                       true,
		`id in ["id1"]`:                               true,
	} {
		got, err := parse(t, text).Eval(parcelEvent())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, %v; want %#v", text, got, err, want)
		}
	}
}

func TestTextSpellsValuesAsTheyAre(t *testing.T) {
	for text, want := range map[string]string{
		`body.n`:               "123456789012345678",
		`string(body.n)`:       "123456789012345678",
		`body.big`:             "123456789012345678901",
		`string(body.big)`:     "123456789012345678901",
		`body.f`:               "1.0",
		`body.s`:               "x",
		`body.o`:               `{"k":{"d":1}}`,
		`body.s == "x"`:        "true",
		`time`:                 "2023-11-14T22:13:20Z",
		`map(body.list, .sku)`: `["a","b"]`,
		`meta`:                 `{"plain":"p","sns.shopId":"1"}`,
	} {
		got, ok, err := parse(t, text).Text(parcelEvent())
		if got != want || !ok || err != nil {
			t.Errorf("%s is %q, %v, %v; want %q", text, got, ok, err, want)
		}
	}
	for _, text := range []string{`body.nul`, `body.missing`, `meta.nope`, `body.missing?.x`} {
		if got, ok, err := parse(t, text).Text(parcelEvent()); got != "" || ok || err != nil {
			t.Errorf("%s is %q, %v, %v; want no text", text, got, ok, err)
		}
	}
}

func TestFailuresArePermanentAndNameTheExpressionAndWhatIsMissing(t *testing.T) {
	for text, want := range map[string]string{
		`string(body.nul)`:             "string of null (1:1); missing or null: body.nul",
		`string(nil)`:                  "string of null (1:1)",
		`body.missing + body.n`:        "missing or null: body.missing",
		`body.a.b + body.c + body.n`:   "body.a.b, body.c",
		`meta["sns.nope"] + "-1"`:      `missing or null: meta["sns.nope"]`,
		`any(body.missing, .sku == 1)`: "missing or null: body.missing",
		`len(body.n)`:                  "invalid argument for len",
	} {
		_, err := parse(t, text).Eval(parcelEvent())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "expression "+text+": ") || !Rejected(err) {
			t.Errorf("%s: %v (permanent %v), want %q", text, err, Rejected(err), want)
		}
		if err != nil && (strings.Contains(err.Error(), "__") || strings.Contains(err.Error(), "exprEnv")) {
			t.Errorf("%s: internal names in %v", text, err)
		}
	}
	_, err := parse(t, `body.s`).Bool(parcelEvent())
	if err == nil || err.Error() != `expression body.s: want true or false, got "x"` || !Rejected(err) {
		t.Errorf("condition that is text: %v", err)
	}
	for _, text := range []string{`body.s`, `body.s == "x"`, `body.s + "y"`, `body.s in ["x"]`} {
		if _, err := parse(t, text).Bool(NewEvent("1", []byte(`{"s":`))); err == nil || !Rejected(err) || !strings.Contains(err.Error(), "not JSON") {
			t.Errorf("%s of broken JSON: %v", text, err)
		}
	}
}

func TestExpressionsThatReadNoFieldTakeAnyPayload(t *testing.T) {
	e := NewEvent("1", []byte("\xff\x00"))
	e.SetMeta("m", "1")
	for _, text := range []string{`meta.m == "1"`, `id == "1"`, `len(meta) == 1`} {
		if ok, err := parse(t, text).Bool(e); !ok || err != nil {
			t.Errorf("%s: %v, %v", text, ok, err)
		}
	}
}

func TestExpressionsThatCannotWorkAreRefusedWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		`bdy.a == "x"`:             "unknown name bdy",
		`body.s == "x" && metta.a`: "unknown name metta",
		`foo(1)`:                   "unknown name foo",
		`body.s ==`:                "unexpected token EOF",
		`body.s = "x"`:             "unexpected token",
		`id + 1`:                   "mismatched types string and int",
		`id.x`:                     "type string has no field x",
		`time + 1`:                 "mismatched types time.Time and int",
		`string()`:                 "not enough arguments to call string",
		`string(1, 2)`:             "too many arguments to call string",
		`__field(0)`:               "unknown name __field",
		`body.s + __meta("plain")`: "unknown name __meta",
		`$env.id`:                  "unknown name $env",
		`$env["__field"]`:          "unknown name $env",
		`$env.nope`:                "unknown name $env",
		`Field(0)`:                 "unknown name Field",
		`ID`:                       "unknown name ID",
	} {
		_, err := ParseExpr(text)
		if err == nil {
			t.Errorf("%s is accepted", text)
			continue
		}
		if got := err.Error(); !strings.Contains(got, want) || !strings.Contains(got, "\n | "+text+"\n | ") || !strings.HasSuffix(got, "^") || strings.Contains(got, "exprEnv") {
			t.Errorf("%s: %s\nwant %s with a caret", text, got, want)
		}
	}
	if _, err := ParseExpr(""); err == nil || err.Error() != "the expression is empty" {
		t.Errorf("empty expression: %v", err)
	}
}

func TestAnIdentityThatMeetsNoMetadataFallsBack(t *testing.T) {
	for _, text := range []string{`meta["nope"]`, `meta["nope"] + "-1"`, `body.missing + "-1"`} {
		if got, err := (Identity{parts: []Expr{*parse(t, text)}}).Of(parcelEvent()); got != "id1" || err != nil {
			t.Errorf("%s: %q, %v; want the event's own id", text, got, err)
		}
		if got, err := parse(t, text).TextOrNone(parcelEvent()); got != "" || err != nil {
			t.Errorf("%s: %q, %v; want none", text, got, err)
		}
	}
}

func TestOneExpressionServesManyGoroutines(t *testing.T) {
	condition := parse(t, `body.o.k.d == 1 && meta["sns.shopId"] == key && len(meta) == 2`)
	field, test := parse(t, `body.list[0].sku`), parse(t, `body.s in ["x", "y"]`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				e := parcelEvent()
				if e.Key = "1"; i%2 == 0 {
					e.Key = "2"
				}
				got, err := condition.Bool(e)
				if got != (e.Key == "1") || err != nil {
					t.Errorf("key %s: %v, %v", e.Key, got, err)
				}
				if sku, _, _ := field.Text(e); sku != "a" {
					t.Errorf("sku %q", sku)
				}
				if ok, _ := test.Bool(e); !ok {
					t.Error("not in the list")
				}
			}
		})
	}
	wg.Wait()
}

func TestNoExpressionHasNoText(t *testing.T) {
	var none Expr
	if got, err := none.TextOrNone(parcelEvent()); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
