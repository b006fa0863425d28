package http

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// events returns what the body holds: the elements of a JSON array, as slices of
// the body, or the body as one event of whatever format.
func (r *receiver) events(q *http.Request, body []byte) ([]*pipeline.Event, error) {
	if rawjson.KindOf(body) != rawjson.Array {
		e := pipeline.NewEvent(idOf(q.Header), body)
		e.Received = r.clock.Now()
		e.AddMeta(newRequestMeta(q))
		return []*pipeline.Event{e}, nil
	}
	if err := rawjson.Check(body, pipeline.MaxDepth+1); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not a JSON array: "+err.Error())
	}
	n := rawjson.CountElements(body)
	if n > r.config.MaxEvents {
		return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the array has more than %d events", r.config.MaxEvents))
	}
	return r.elements(q, body, n), nil
}

func (r *receiver) elements(q *http.Request, array []byte, n int) []*pipeline.Event {
	room, events := make([]pipeline.Event, n), make([]*pipeline.Event, 0, n)
	id, now, meta := idOf(q.Header), r.clock.Now(), newRequestMeta(q)
	for element := range rawjson.Elements(array) {
		i := len(events)
		e := &room[i]
		e.Init(id+"#"+strconv.Itoa(i), element)
		e.SetJSON(element)
		e.Received = now
		e.AddMeta(meta)
		events = append(events, e)
	}
	return events
}

// idOf returns the id that the client gave, or a random one. X-Leat-Id is what
// the http sink sends; unlike Idempotency-Key, in which a client may mean a
// percent sign, it is decoded.
func idOf(h http.Header) string {
	if id, err := url.PathUnescape(h.Get("X-Leat-Id")); err == nil && id != "" {
		return id
	}
	if id := h.Get("Idempotency-Key"); id != "" {
		return id
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}
