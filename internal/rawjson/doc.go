// Package rawjson reads and edits JSON text in place.
//
// A stream processor looks at a few fields of each event and passes the rest
// on. Decoding the whole text to maps for that costs more than all the other
// work together, and loses what maps cannot hold: the order of keys, the
// spelling of numbers, duplicate keys. Here a JSON value is a []byte from
// beginning to end, and reading one field is finding where it lies.
//
// # Check once, then trust
//
// [Check] is the gate: it refuses everything that is not exactly one JSON value
// (RFC 8259) of valid UTF-8 within a depth limit. Everything else assumes that
// its input has passed and skips over values without looking at them again.
// Given text that has not passed, the answers mean nothing, but nothing panics
// and nothing runs forever.
//
// # The same answers as encoding/json
//
// Where two readers of JSON could differ, this one agrees with encoding/json
// decoding to an any: of duplicate keys the last counts, keys are compared
// exactly and after reading their escapes (in either casing only where
// [Path.Folded] asks for it), a lone surrogate stands for U+FFFD.
// The one difference is that invalid UTF-8 is refused instead of replaced.
//
// # Whose memory
//
// Readers return sub-slices of their input with the capacity clipped, so that
// appending to one cannot overwrite its neighbour. Editors leave their input
// alone and return a new slice.
package rawjson
