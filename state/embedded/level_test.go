package embedded

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
)

// TestNewestValueOfEveryKeyIsFound writes thousands of sheets of few keys that
// come again and again, so that sheets are merged over several levels.
func TestNewestValueOfEveryKeyIsFound(t *testing.T) {
	keys := make([]pipeline.Digest, 5000)
	for i := range keys {
		keys[i] = random()
	}
	newest := map[pipeline.Digest][]byte{}
	inSegment(t, func(segment *bbolt.Bucket) {
		table := newTable(claimsPrefix)
		for n := range uint32(20_000) {
			var records []record
			for range 1 + rand.IntN(3) {
				k := keys[rand.IntN(len(keys))]
				value := append(binary.BigEndian.AppendUint32(nil, n), byte(len(records)))
				records = append(records, record{table: table, key: k, value: value})
				newest[k] = value
			}
			slices.SortStableFunc(records, inFileOrder)
			if err := addSheet(segment, newSheet(records)); err != nil {
				t.Fatal(err)
			}
		}
		sheets := 0
		eachSheetOf(segment, keySize+claimSize, func(s sheet) bool { sheets++; return s.ordered() })
		if sheets > 5*sheetsPerLevel {
			t.Error(sheets, "sheets")
		}
		for _, k := range keys {
			var got []byte
			eachSheetOf(segment, keySize+claimSize, func(s sheet) bool { got = s.find(k); return got == nil })
			if !bytes.Equal(got, newest[k]) {
				t.Fatalf("%x, want %x", got, newest[k])
			}
		}
	})
}

// TestLargeSheetsAreLeftAlone makes sure that no commit waits for a merge of
// what is large already.
func TestLargeSheetsAreLeftAlone(t *testing.T) {
	inSegment(t, func(segment *bbolt.Bucket) {
		table, large, sheets := newTable(claimsPrefix), 0, 0
		for range 40 {
			records := make([]record, 20_000)
			for i := range records {
				records[i] = record{table: table, key: random(), value: claimValue(1, pipeline.OutcomeDelivered)}
			}
			slices.SortStableFunc(records, inFileOrder)
			if err := addSheet(segment, newSheet(records)); err != nil {
				t.Fatal(err)
			}
		}
		eachSheetOf(segment, keySize+claimSize, func(s sheet) bool {
			sheets++
			large = max(large, len(s.entries))
			return true
		})
		if large > 2*largestMerge || sheets > 40 {
			t.Error(sheets, "sheets, the largest of", large, "bytes")
		}
	})
}

func inSegment(t *testing.T, f func(*bbolt.Bucket)) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, options(0))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error {
		segment, err := tx.CreateBucket([]byte("segment"))
		if err == nil {
			f(segment)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
