package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ReadDeadLetter reads what was written for one dead letter. The error says in a
// sentence why the text is none, or none that this version of leat understands.
func ReadDeadLetter(text []byte) (*DeadLetter, error) {
	var version struct {
		Version *int `json:"v"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, letterError(err)
	}
	switch v := version.Version; {
	case v == nil:
		return nil, errors.New(`is no dead letter: it has no "v"`)
	case *v > DeadLetterVersion:
		return nil, fmt.Errorf("was written by a newer leat (version %d of dead letters, this one knows %d): use that one", *v, DeadLetterVersion)
	}
	d := &DeadLetter{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, letterError(err)
	}
	return d, d.whole()
}

// letterError is what is wrong in the words of those who read the file.
func letterError(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("is no dead letter: %s may not be a %s", kind.Field, kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("is no dead letter: want an object, not a %s", kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), strings.HasPrefix(err.Error(), "unexpected end"):
		return errors.New("ends in the middle: it is being written just now, or who wrote it was killed")
	}
	return fmt.Errorf("is not JSON: %w", err)
}

// whole reports what a letter lacks.
func (d *DeadLetter) whole() error {
	switch {
	case d.Version < 1:
		return fmt.Errorf("is no dead letter: there is no version %d", d.Version)
	case d.Flow == "":
		return errors.New("is no dead letter: it names no flow")
	case d.Stage == "" && d.Sink == "":
		return errors.New("is no dead letter: it names neither a stage nor a sink")
	case d.Payload == nil && d.PayloadBase64 == nil:
		return errors.New("is no dead letter: it has no payload")
	}
	return nil
}

// Body returns the bytes that reached the stage or sink.
func (d *DeadLetter) Body() []byte { return fromText(d.Payload, d.PayloadBase64) }

// Source returns the bytes that the source gave. For the part of a split they are not
// known, and it returns those of the part.
func (d *DeadLetter) Source() []byte {
	if d.Original == nil && d.OriginalBase64 == nil {
		return d.Body()
	}
	return fromText(d.Original, d.OriginalBase64)
}

// Where is the stage or sink that failed, with its flow.
func (d *DeadLetter) Where() string {
	if d.Sink != "" {
		return d.Flow + "/" + d.Sink
	}
	return d.Flow + "/" + d.Stage
}

func fromText(text *string, raw []byte) []byte {
	if text != nil {
		return []byte(*text)
	}
	return bytes.Clone(raw)
}
