package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// line is what inspect prints of an event.
type line struct {
	Vendor string          `json:"vendor"`
	Type   string          `json:"type"`
	ID     string          `json:"id"`
	Key    string          `json:"key"`
	Time   *string         `json:"time"` // null: unknown
	Index  int             `json:"index"`
	Body   json.RawMessage `json:"body"`
}

// timeLayout is RFC 3339 with milliseconds, for times in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// printer is the sink that makes the lines.
func (in *inspection) printer() pipeline.SinkDef {
	return pipeline.DefineSink("lines", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(_ context.Context, e *pipeline.Event) error { return in.add(e) }, nil
	}).Quick()
}

func (in *inspection) add(e *pipeline.Event) error {
	body, err := bodyOf(e)
	if err != nil {
		return pipeline.Reject(err)
	}
	l := line{Vendor: in.as, Type: e.Type, ID: e.ID, Key: e.Key, Index: in.events, Body: in.hide.JSON(body)}
	if !e.Time.IsZero() {
		text := e.Time.UTC().Format(timeLayout)
		l.Time = &text
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return pipeline.Reject(err)
	}
	in.lines = append(in.lines, out.Bytes()...)
	in.events++
	return nil
}

// bodyOf is the body as JSON on one line, as expressions see it.
func bodyOf(e *pipeline.Event) ([]byte, error) {
	raw, err := e.Bytes()
	if err != nil || !e.IsJSON() {
		v, err := e.Value()
		if err != nil {
			return nil, err
		}
		return rawjson.Append(nil, v)
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}

// complaints is the sink for what cannot be handled.
func (in *inspection) complaints() pipeline.SinkDef {
	return pipeline.DefineSink("complaints", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(_ context.Context, e *pipeline.Event) error {
			raw, err := e.Bytes()
			if err != nil {
				return err
			}
			var d pipeline.DeadLetter
			if err := json.Unmarshal(raw, &d); err != nil {
				return err
			}
			in.bad = append(in.bad, fmt.Sprintf("the payload cannot be read as one of %s (stage %s): %s", in.as, d.Stage, d.Error))
			return nil
		}, nil
	}).Quick() // so that events come one after another, as they stand in the payload
}
