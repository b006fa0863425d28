package file

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/cespare/xxhash/v2"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// block is some lines of a file on their way into one message.
type block struct {
	path     string
	pathHash uint64
	received time.Time
	lines    []*line
}

// line is one event and where it was found. It is its own metadata. Lines share
// no memory: one that is held for long must not keep its neighbours.
type line struct {
	event pipeline.Event
	path  string
	at    place
	note  [][2]string // further metadata of a line that is too long
}

func newBlock(path string, now time.Time) *block {
	return &block{path: path, pathHash: xxhash.Sum64String(path), received: now, lines: make([]*line, 0, 64)}
}

func (b *block) add(at place, content []byte) *line {
	l := &line{path: b.path, at: at}
	b.lines = append(b.lines, l)
	l.event.Init(b.id(at, content), content)
	l.event.Received = b.received
	return l
}

// addOversize adds a line of which only the beginning is kept. Its id is made of
// all of its bytes nevertheless.
func (b *block) addOversize(at place, long *oversize, limit int) {
	sum := long.hash.Sum(nil)
	l := b.add(at, long.begun)
	l.event.Init(b.id(at, sum), long.begun)
	l.event.Fail(fmt.Errorf("%d bytes are more than max_size (%s) allows; the first %d are kept", long.length, conf.Size(limit), len(long.begun)))
	l.note = [][2]string{{"file.bytes", strconv.FormatInt(long.length, 10)}, {"file.sha256", hex.EncodeToString(sum)}}
}

// id is the identity of a line: of its file, its place and its bytes, so that
// neither equal lines nor a file that was replaced are taken for copies.
func (b *block) id(at place, content []byte) string {
	var key [2*16 + 1]byte
	id := strconv.AppendUint(key[:0], b.pathHash^uint64(at.offset)*0x9e3779b97f4a7c15, 16)
	id = append(id, '-')
	return string(strconv.AppendUint(id, xxhash.Sum64(content), 16))
}

// message makes one message of the lines. What was read stays valid when the
// subscription ends, so the message's context does not end with it.
func (b *block) message(ctx context.Context) *message.Message {
	events := make([]*pipeline.Event, len(b.lines))
	for i, l := range b.lines {
		l.event.AddMeta(l)
		events[i] = &l.event
	}
	return pipeline.NewBatch(context.WithoutCancel(ctx), events)
}

// Lookup implements [pipeline.MetaSource].
func (l *line) Lookup(key string) (string, bool) {
	switch key {
	case "file.path":
		return l.path, true
	case "file.line":
		return strconv.FormatInt(l.at.line, 10), true
	case "file.offset":
		return strconv.FormatInt(l.at.offset, 10), true
	}
	for _, n := range l.note {
		if n[0] == key {
			return n[1], true
		}
	}
	return "", false
}

// Each implements [pipeline.MetaSource].
func (l *line) Each(f func(key, value string)) {
	var digits [2 * 20]byte
	text := strconv.AppendInt(digits[:0], l.at.line, 10)
	n := len(text)
	both := string(strconv.AppendInt(text, l.at.offset, 10))
	f("file.path", l.path)
	f("file.line", both[:n])
	f("file.offset", both[n:])
	for _, n := range l.note {
		f(n[0], n[1])
	}
}
