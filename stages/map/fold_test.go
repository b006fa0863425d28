package mapstage

import (
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// A preset may say that the names of its vendor come in either casing.
func TestNamesOfAPresetMatchEitherCasing(t *testing.T) {
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte(`
set: {body.seller.id: body.sellerId, body.new: 1, body.copy: 'body.sellerid + "!"', meta.Kind: body.kind}
rename: {body.kind: type}
replace: {in: body.note, match: a, with: b}
delete: [body.sellerId]
`)}}, nil, nil)
	root.FoldCase()
	var c Config
	conf.Decode(root, &c, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	e := pipeline.NewEvent("1", []byte(`{"SellerId":"S","Seller":{"x":1},"Kind":"k","Note":"a"}`))
	if err := c.change(e); err != nil {
		t.Fatal(err)
	}
	const want = `{"Seller":{"x":1,"id":"S"},"type":"k","Note":"b","new":1,"copy":"S!"}`
	if raw, _ := e.Bytes(); string(raw) != want || e.Meta("Kind") != "k" {
		t.Errorf("it became %s, and Kind %q\nwant %s", raw, e.Meta("Kind"), want)
	}
}
