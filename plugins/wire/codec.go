// Package wire reads and writes the messages of the contract with plugins that carry
// events, in the bytes that protobuf gives them: without a copy of each payload, and
// without a message in memory for each event.
package wire

import (
	"fmt"

	"google.golang.org/grpc/mem"
	gproto "google.golang.org/protobuf/proto"
)

// Frame is a message that is sent, or was received, as bytes.
type Frame struct{ Bytes []byte }

// Codec is that of gRPC's messages: frames are their bytes, everything else is protobuf.
type Codec struct{}

// Name implements encoding.CodecV2: to the other side it is protobuf.
func (Codec) Name() string { return "proto" }

// Marshal implements encoding.CodecV2. The bytes of a frame are the codec's from then on.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	switch m := v.(type) {
	case *Frame:
		return mem.BufferSlice{mem.NewBuffer(&m.Bytes, buffers)}, nil
	case gproto.Message:
		b := Buffer(gproto.Size(m))
		out, err := gproto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, m)
		return mem.BufferSlice{mem.NewBuffer(&out, buffers)}, err
	}
	return nil, fmt.Errorf("%T is no message", v)
}

// Unmarshal implements encoding.CodecV2. The bytes of a frame are the receiver's.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	switch m := v.(type) {
	case *Frame:
		m.Bytes = data.Materialize()
		return nil
	case gproto.Message:
		b := data.MaterializeToBuffer(buffers)
		defer b.Free()
		return gproto.Unmarshal(b.ReadOnlyData(), m)
	}
	return fmt.Errorf("%T is no message", v)
}
