package embedded

import (
	"bytes"
	"sort"

	"github.com/leat-io/leat/pipeline"
)

// sheet is entries of one size, a key and a value each, in the order of their
// keys. Every transaction writes a segment's new records as one sheet, so that
// a commit costs the disk a few pages one after the other instead of a page for
// each record.
type sheet struct {
	entries []byte
	size    int // of one entry
}

const keySize = len(pipeline.Digest{})

// newSheet takes records of one segment in order. Of two with one key the later
// counts.
func newSheet(records []record) sheet {
	s := sheet{size: keySize + records[0].table.valueSize}
	s.entries = make([]byte, 0, len(records)*s.size)
	for i, r := range records {
		if i+1 < len(records) && records[i+1].key == r.key {
			continue
		}
		s.entries = append(append(s.entries, r.key[:]...), r.value...)
	}
	return s
}

func (s sheet) len() int { return len(s.entries) / s.size }

func (s sheet) key(i int) []byte { return s.entries[i*s.size:][:keySize] }

// find returns the value of a key, nil when it is not there.
func (s sheet) find(key pipeline.Digest) []byte {
	n := s.len()
	i := sort.Search(n, func(i int) bool { return bytes.Compare(s.key(i), key[:]) >= 0 })
	if i == n || !bytes.Equal(s.key(i), key[:]) {
		return nil
	}
	return s.entries[i*s.size:][keySize:s.size]
}

// ordered reports whether the sheet is as it was written.
func (s sheet) ordered() bool {
	for i := 1; i < s.len(); i++ {
		if bytes.Compare(s.key(i-1), s.key(i)) >= 0 {
			return false
		}
	}
	return len(s.entries) > 0 && len(s.entries)%s.size == 0
}

// mergeAll makes one sheet of several, the newest first: of two entries with
// one key the newer stays.
func mergeAll(sheets []sheet) sheet {
	if len(sheets) == 1 {
		return sheets[0]
	}
	half := len(sheets) / 2
	return merge(mergeAll(sheets[:half]), mergeAll(sheets[half:]))
}

func merge(newer, older sheet) sheet {
	merged := sheet{make([]byte, 0, len(newer.entries)+len(older.entries)), newer.size}
	take := func(s *sheet) {
		merged.entries = append(merged.entries, s.entries[:s.size]...)
		s.entries = s.entries[s.size:]
	}
	for newer.len() > 0 && older.len() > 0 {
		switch bytes.Compare(newer.key(0), older.key(0)) {
		case -1:
			take(&newer)
		case 1:
			take(&older)
		default:
			take(&newer)
			older.entries = older.entries[older.size:]
		}
	}
	merged.entries = append(append(merged.entries, newer.entries...), older.entries...)
	return merged
}
