package redisstream

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// SourceConfig are the settings of the redisstream source, which needs Redis 7.0 or
// newer.
//
// An entry is one event. Its field payload is the payload, its other fields are
// metadata called redisstream.<field>, and so are redisstream.id, redisstream.stream
// and redisstream.deliveries: how often the entry was given out, this time included.
// An entry's own fields of these three names are called redisstream.field.id and so
// on. A value that is not UTF-8 is there in base64, a name that is not has escapes such
// as \xff. An entry without a payload is a dead letter.
//
// The event's id is the name of the stream and the id of the entry, as in
// parcels/1700000000000-0. An entry that the redisstream sink has added keeps the id,
// key, time, type and marks that its field leat carries; one that Watermill's
// publisher has added keeps its UUID as its id, and its metadata are those of the
// event. A field leat that cannot be read is warned of once, and each is counted as
// labels_unreadable.
//
// Entries are acknowledged once they are settled, many with a command. Those that the
// flow works on or holds for long are kept young (XCLAIM to oneself), so that no other
// consumer takes them over, and do not come again as long as the process lives. An
// entry that the flow hands back comes again from memory after return_after; it stays
// pending all the time. When the flow stops, what it holds is made old, so that the
// next consumer that looks takes it over at once.
//
// A consumer that died leaves its entries pending. Others take them over when they
// are older than claim_after, and look every five seconds, or more often if claim_after
// is short. A process that cannot reach Redis for longer than that, or is suspended,
// may find that others work on its entries too.
//
// The commands that the user of Redis needs are CLIENT SETNAME, XGROUP, XREADGROUP,
// XPENDING, XCLAIM, XAUTOCLAIM, XACK, XINFO, EVALSHA and EVAL, and with delete XDEL.
//
// A group that is gone while the source runs is created again from the beginning of the
// stream: which entries it had acknowledged is gone with it, and what comes again can
// be told from what is new by dedupe.
type SourceConfig struct {
	// Stream is the key of the stream. It is created with its group if it does not
	// exist.
	Stream string `yaml:"stream,required"`

	redisapi.Settings `yaml:",inline"`

	// Group is the consumer group. Each group gets all entries, its consumers share
	// them.
	Group string `yaml:"group"`
	// Consumer is the name within the group, which no other process may use at the same
	// time. A process with the name of one that died goes on with what that had pending,
	// at once. Empty: a new name with each start, made of the host's.
	Consumer string `yaml:"consumer"`
	// From is where a group begins that does not exist yet: beginning (with what is in
	// the stream already) or end (with what comes).
	From string `yaml:"from" values:"beginning end"`
	// MaxInFlight is how many entries may be read and not yet acknowledged. The flow has
	// limits of its own, which count what it works on and holds.
	MaxInFlight int `yaml:"max_in_flight"`
	// Block is how long a command waits for entries, at most 2s. A stop waits that long.
	Block time.Duration `yaml:"block"`
	// ClaimAfter is how old a pending entry must be for another consumer to take it
	// over. All consumers of a group should have the same.
	ClaimAfter time.Duration `yaml:"claim_after"`
	// ReturnAfter is after what time an entry that the flow handed back comes again: the
	// first of the two after the first time, twice as long after each further one, up to
	// the second.
	ReturnAfter conf.Range `yaml:"return_after"`
	// Delete says whether entries are deleted once they are acknowledged. Other groups
	// of the stream then miss what they have not read yet.
	Delete bool `yaml:"delete"`
	// Payload is the name of the field that is the payload.
	Payload string `yaml:"payload"`
}

const (
	fromBeginning = "beginning"
	fromEnd       = "end"

	payloadField = "payload"
	maxBlock     = 2 * time.Second
	// leastClaimAfter leaves time to keep entries young over a slow network.
	leastClaimAfter = 100 * time.Millisecond
)

// Validate checks what the types of the settings do not.
func (c SourceConfig) Validate() error {
	errs := []error{c.Settings.Validate(), conf.CheckValues(c)}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.Stream != "", "stream", "must not be empty")
	need(c.Group != "", "group", "must not be empty")
	need(c.MaxInFlight >= 1, "max_in_flight", "must be at least 1")
	need(c.Block >= time.Millisecond && c.Block <= maxBlock, "block", "want 1ms to 2s")
	need(c.ClaimAfter >= leastClaimAfter, "claim_after", "must be at least 100ms")
	need(c.ReturnAfter.Min > 0, "return_after", "must be longer than 0s")
	need(c.Payload != "", "payload", "must not be empty")
	return errors.Join(errs...)
}

// after is the id that a new group begins behind.
func (c SourceConfig) after() string {
	if c.From == fromEnd {
		return "$"
	}
	return "0"
}

// claimEvery is how often to look for entries of dead consumers.
func (c SourceConfig) claimEvery() time.Duration { return min(c.ClaimAfter/2, 5*time.Second) }

// redelivery is after what time an entry is with another consumer at the latest.
func (c SourceConfig) redelivery() time.Duration { return c.ClaimAfter + c.claimEvery() + c.Block }

// generatedRE is what names look like that were made by [generatedName]: their consumers
// may be removed by others.
var generatedRE = regexp.MustCompile(`^leat-.*-[0-9a-f]{12}$`)

func generatedName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	var random [6]byte
	_, _ = rand.Read(random[:])
	return fmt.Sprintf("leat-%s-%s", host, hex.EncodeToString(random[:]))
}
