package tiki

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
)

// maxAckID is how long an ack_id may be.
const maxAckID = 4 << 10

// readPull reads an answer to a pull. What is wrong within an element is that element's
// fault alone; the others are taken. The elements are parts of body.
func readPull(body []byte) (pulled, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '<' {
		return pulled{}, errors.New("it is a page or XML, not JSON")
	}
	events, ackID, err := membersOf(body)
	if err != nil {
		return pulled{}, err
	}
	if events == nil {
		return pulled{}, errors.New(`it has no "events"`)
	}
	id, err := readAckID(ackID)
	if err != nil || rawjson.KindOf(events) == rawjson.Null {
		return pulled{nil, id}, err
	}
	list, err := readElements(events)
	if err != nil {
		return pulled{}, err
	}
	return pulled{list, id}, nil
}

// membersOf returns the two members that count. One that is there twice is refused: which
// of the two is meant cannot be known, and the events of the other would be lost.
func membersOf(body []byte) (events, ackID []byte, err error) {
	s := scanner{b: body}
	err = s.object(func(key, value []byte) error {
		var member *[]byte
		switch {
		case isKey(key, "events"):
			member = &events
		case isKey(key, "ack_id"):
			member = &ackID
		default:
			return nil
		}
		if *member != nil {
			return fmt.Errorf("it has %s twice", key)
		}
		*member = value
		return nil
	})
	return events, ackID, err
}

func isKey(raw []byte, name string) bool {
	return rawjson.Check(raw, 0) == nil && rawjson.EqualText(raw, name)
}

// readAckID returns an ack_id as it is in the answer. It is text, whatever it says; a number
// would do as well.
func readAckID(raw []byte) ([]byte, error) {
	if raw == nil || string(raw) == "null" || string(raw) == `""` {
		return nil, nil
	}
	kind := rawjson.KindOf(raw)
	if kind != rawjson.String && kind != rawjson.Number || len(raw) > maxAckID || rawjson.Check(raw, 0) != nil {
		return nil, errors.New("its ack_id is no text")
	}
	return bytes.Clone(raw), nil
}

func readElements(events []byte) (list []element, err error) {
	s := scanner{b: events}
	err = s.array(func(value []byte) error {
		list = append(list, readElement(value))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
