package host

import (
	"fmt"

	gproto "google.golang.org/protobuf/proto"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// mostParts bounds how many messages there may be within an answer: each takes much more
// memory than the two bytes that it can have.
const mostParts = 4 * most

func readResults(message []byte) (*proto.Results, error) {
	if n := wire.Parts(message); n > mostParts {
		return nil, fmt.Errorf("its answer has %d parts, and may have %d", n, mostParts)
	}
	results := &proto.Results{}
	if err := gproto.Unmarshal(message, results); err != nil {
		return nil, fmt.Errorf("its answer is not one of the contract: %w", err)
	}
	return results, nil
}
