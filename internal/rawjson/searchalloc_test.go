//go:build !race

package rawjson

import "testing"

// With the race detector, pools forget on purpose.
func TestOrdinarySearchesDoNotAllocate(t *testing.T) {
	text := []byte(`{"x":{"y":[{"z":1}],"w":{"SellerId":"S"}},"v":{"AmazonOrderId":"O"}}`)
	names, room := NewNames("sellerId", "amazonOrderId", "missing"), make([][]byte, 0, 4)
	if n := testing.AllocsPerRun(100, func() { names.Find(room, text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
