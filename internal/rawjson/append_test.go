package rawjson

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDecodeNumbers(t *testing.T) {
	cases := map[string]any{
		`0`: int64(0), `-0`: int64(0), `-7`: int64(-7),
		`9223372036854775807`: int64(math.MaxInt64), `-9223372036854775808`: int64(math.MinInt64),
		`9223372036854775808`:            json.Number("9223372036854775808"),
		`123456789012345678901234567890`: json.Number("123456789012345678901234567890"),
		`1.0`:                            1.0, `1e2`: 100.0, `-0.0`: math.Copysign(0, -1), `1e400`: json.Number("1e400"), `1e-400`: 0.0,
	}
	for text, want := range cases {
		got, err := Decode([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Decode(%s) = %#v, %v; want %#v", text, got, err, want)
		}
	}
}

func TestDecode(t *testing.T) {
	got, err := Decode([]byte(` {"a":[1,"x\n",null,true,{}],"b":{"c":[]},"a\u0062":1,"ab":2} `))
	want := map[string]any{
		"a": []any{int64(1), "x\n", nil, true, map[string]any{}},
		"b": map[string]any{"c": []any{}}, "ab": int64(2),
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v, %v\nwant %#v", got, err, want)
	}
	for _, bad := range []string{``, `{`, `[1,`, `{"a"`, `{"a":}`, `x`, `1 1`, "\"\xff\"", strings.Repeat("[", 20000)} {
		if v, err := Decode([]byte(bad)); err == nil {
			t.Errorf("Decode(%.20q) = %v", bad, v)
		}
	}
}

func TestAppend(t *testing.T) {
	when := time.Date(2026, 3, 14, 9, 26, 53, 589793000, time.UTC)
	cases := []struct {
		v    any
		want string
	}{
		{nil, `null`}, {true, `true`}, {"a<b>&\u2028\"\\\n\x01\x7f", "\"a<b>&\u2028\\\"\\\\\\n\\u0001\x7f\""}, {"\xffé\xe2\x82", "\"\ufffdé\ufffd\ufffd\""},
		{1, `1`}, {int8(-1), `-1`}, {int16(-1), `-1`}, {int32(-1), `-1`}, {int64(math.MinInt64), `-9223372036854775808`},
		{uint(1), `1`}, {uint8(1), `1`}, {uint16(1), `1`}, {uint32(1), `1`}, {uint64(math.MaxUint64), `18446744073709551615`}, {uintptr(1), `1`},
		{1.5, `1.5`}, {float32(0.1), `0.1`}, {1e21, `1e+21`}, {1e-9, `1e-9`}, {1e20, `100000000000000000000`}, {100.0, `100`},
		{json.Number("1.50"), `1.50`}, {json.RawMessage(`{ "a" : 1.0 }`), `{ "a" : 1.0 }`}, {json.RawMessage(nil), `null`},
		{when, `"2026-03-14T09:26:53.589793Z"`},
		{[]any{1, "a", nil}, `[1,"a",null]`}, {[]any{}, `[]`}, {[]any(nil), `null`}, {[]string{"a", "b"}, `["a","b"]`},
		{map[string]any{"b": 1, "a": []any{when}}, `{"a":["2026-03-14T09:26:53.589793Z"],"b":1}`},
		{map[string]string{"b": "<", "a": ""}, `{"a":"","b":"<"}`}, {map[string]any(nil), `null`},
		{[]byte("abc"), `"YWJj"`}, {struct{ A string }{"<"}, `{"A":"<"}`}, {time.Second, `1000000000`}, {(*int)(nil), `null`},
	}
	for _, c := range cases {
		got, err := Append([]byte("x"), c.v)
		if err != nil || string(got) != "x"+c.want {
			t.Errorf("Append(%#v) = %s, %v; want %s", c.v, got, err, c.want)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	loop := map[string]any{}
	loop["self"] = loop
	for _, v := range []any{
		math.NaN(), math.Inf(1), float32(math.Inf(-1)), json.Number(""), json.Number("01"), json.Number(" 1"), json.Number("true"),
		json.RawMessage(``), json.RawMessage(`{`), json.RawMessage("\"\xff\""), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		make(chan int), []any{1, func() {}}, map[string]any{"a": math.NaN()}, loop,
	} {
		if got, err := Append([]byte("x"), v); err == nil || string(got) != "x" {
			t.Errorf("Append(%T) = %.20s, %v", v, got, err)
		}
	}
}

func TestFloatsAreSpelledAsInEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(),
			rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32).AsAny()).Draw(t, "f")
		got, err := Append(nil, f)
		want, _ := json.Marshal(f)
		if err != nil || string(got) != string(want) {
			t.Fatalf("got %s, %v; want %s", got, err, want)
		}
	})
}
