// Command floor does what bench/b.yaml does, in one loop and without a flow: nothing is tried
// again, held, counted or acknowledged, and one goroutine does it all. What it takes is the
// least that leat's way of reading JSON allows.
//
//	IN=envelopes.jsonl OUT=folder go run ./bench/floor
//
// Bench/table runs it beside leat.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/leat-io/leat/internal/rawjson"
)

const maxDepth = 100

var (
	events = rawjson.NewPath("events")
	kind   = rawjson.NewPath("eventType", "apiKey")
	parts  = []rawjson.Path{rawjson.NewPath("shipmentNumber"), rawjson.NewPath("eventTime"), kind}
)

// loop is what is kept from one line to the next.
type loop struct {
	envelope, event rawjson.Fields
	id              []byte
	seen            map[[16]byte]struct{}
	notif, rest     *bufio.Writer
}

func main() {
	if err := run(os.Getenv("IN"), os.Getenv("OUT")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	from, err := os.Open(in)
	if err != nil {
		return err
	}
	defer from.Close()
	l := &loop{seen: map[[16]byte]struct{}{}}
	for name, w := range map[string]**bufio.Writer{"notif.jsonl": &l.notif, "rest.jsonl": &l.rest} {
		f, err := os.Create(filepath.Join(out, name))
		if err != nil {
			return err
		}
		defer f.Close()
		*w = bufio.NewWriterSize(f, 64<<10)
	}
	return l.all(from)
}

func (l *loop) all(from io.Reader) error {
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err == nil {
			err = l.line(bytes.Clone(line)) // an event may be held for long
		}
		if err != nil {
			return err
		}
	}
	if err := l.notif.Flush(); err != nil {
		return err
	}
	return l.rest.Flush()
}

func (l *loop) line(raw []byte) error {
	if err := l.envelope.CheckIndex(raw, maxDepth); err != nil {
		return err
	}
	text, _ := l.envelope.Get("Message")
	message := rawjson.AppendText(make([]byte, 0, len(text)), text)
	if err := rawjson.Check(message, maxDepth); err != nil {
		return err
	}
	list, _ := events.Find(message)
	for event := range rawjson.Elements(list) {
		if err := l.one(event); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) one(raw []byte) error {
	l.event.Index(raw)
	l.id = l.id[:0]
	for _, p := range parts {
		value, _ := l.event.Find(p)
		l.id = append(rawjson.AppendText(l.id, value), '|')
	}
	sum := sha256.Sum256(l.id)
	if _, copied := l.seen[[16]byte(sum[:])]; copied {
		return nil
	}
	l.seen[[16]byte(sum[:])] = struct{}{}
	w := l.rest
	if value, _ := l.event.Find(kind); rawjson.EqualText(value, "103") {
		w = l.notif
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.WriteByte('\n')
}
