package admin

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
)

// DeadSink is a sink that dead letters go to.
type DeadSink struct {
	Sink     string `json:"sink"`
	Readable bool   `json:"readable" about:"its letters can be listed and replayed"`
	Why      string `json:"why,omitempty" about:"why not"`
}

// Letters are dead letters of a sink, the newest first.
type Letters struct {
	Sink    string      `json:"sink"`
	Total   int         `json:"total" about:"that are meant, on this page or not"`
	Letters []Listed    `json:"letters"`
	Groups  []Group     `json:"groups" about:"the largest ones by where and why"`
	Broken  []BrokenOne `json:"broken,omitempty" about:"what stands among them and is no letter, the first ones"`
}

// Listed is a letter without its payload.
type Listed struct {
	Number int       `json:"number"`
	Mark   string    `json:"mark" about:"names it, wherever it stands"`
	Place  string    `json:"place"`
	Status string    `json:"status" values:"waits delivered replaced"`
	Time   time.Time `json:"time"`
	Flow   string    `json:"flow"`
	Stage  string    `json:"stage,omitempty"`
	Sink   string    `json:"sink,omitempty"`
	ID     string    `json:"id"`
	Key    string    `json:"key,omitempty"`
	Type   string    `json:"type,omitempty"`
	Error  string    `json:"error"`
}

// Group is letters that failed at one place with errors that differ in numbers only.
type Group struct {
	Where string `json:"where"`
	Error string `json:"error" about:"that of one of them"`
	Count int    `json:"count"`
}

// BrokenOne is what stands among the letters and is none.
type BrokenOne struct {
	Place string `json:"place"`
	Error string `json:"error"`
}

// Letter is a dead letter with everything that it says. Payloads that are no text are in
// base64.
type Letter struct {
	Listed
	Attempts       int               `json:"attempts"`
	FirstFailed    time.Time         `json:"first_failed"`
	Received       *time.Time        `json:"received,omitempty"`
	EventTime      *time.Time        `json:"event_time,omitempty"`
	Meta           map[string]string `json:"meta,omitempty"`
	Part           bool              `json:"part,omitempty" about:"of a message that was split"`
	Redacted       bool              `json:"redacted,omitempty" about:"secrets are hidden"`
	Payload        *string           `json:"payload,omitempty"`
	PayloadBase64  []byte            `json:"payload_base64,omitempty"`
	PayloadSize    int               `json:"payload_size"`
	Cut            bool              `json:"cut,omitempty" about:"the payload is longer than what is shown"`
	Original       *string           `json:"original,omitempty" about:"what its source gave, where that is something else"`
	OriginalBase64 []byte            `json:"original_base64,omitempty"`
}

// mostShown bounds what of a payload is shown, in bytes.
const mostShown = 256 << 10

func listed(l *pipeline.Letter) Listed {
	return Listed{l.Number, l.Mark, l.Place, string(cmp.Or(l.Status, "waits")), l.Time, l.Flow, l.Stage, l.Sink, l.ID, l.Key, l.Type, l.Error}
}

func (s *Server) listDeadSinks(http.ResponseWriter, *http.Request) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	out := []DeadSink{}
	for _, name := range p.DeadLetterSinks() {
		one := DeadSink{Sink: name, Readable: true}
		if _, err := p.LetterBox(name); err != nil {
			one.Readable, one.Why = false, err.Error()
		}
		out = append(out, one)
	}
	return out, nil
}

// box are the letters of the sink that a request is about.
func (s *Server) box(q *http.Request) (*pipeline.Pipeline, pipeline.LetterBox, error) {
	p, err := s.running()
	if err != nil {
		return nil, nil, err
	}
	name := q.PathValue("sink")
	if !slices.Contains(p.DeadLetterSinks(), name) {
		return nil, nil, &refused{http.StatusNotFound, "no dead letters go to a sink called " + name}
	}
	box, err := p.LetterBox(name)
	if err != nil {
		return nil, nil, &refused{http.StatusConflict, err.Error()}
	}
	return p, box, nil
}

const (
	usualLetters = 100
	mostLetters  = 1000
	mostGroups   = 20
)

func (s *Server) listLetters(_ http.ResponseWriter, q *http.Request) (any, error) {
	_, box, err := s.box(q)
	if err != nil {
		return nil, err
	}
	v := q.URL.Query()
	choice, err := deadletters.Filter{Flow: v.Get("flow"), Stage: v.Get("stage"), Error: v.Get("error"), Since: v.Get("since"), Until: v.Get("until"), All: v.Get("all") == "true"}.Choose(time.Now())
	if err != nil {
		return nil, &refused{http.StatusBadRequest, err.Error()}
	}
	limit, err1 := numberOf(v.Get("limit"), usualLetters)
	before, err2 := numberOf(v.Get("before"), 0)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	list := &letterList{out: Letters{Sink: q.PathValue("sink"), Letters: []Listed{}, Groups: []Group{}}, limit: min(limit, mostLetters), before: before, groups: map[[2]string]*Group{}}
	s.reading.Lock()
	defer s.reading.Unlock()
	broken, err := choice.Read(q.Context(), box, list.add)
	if err != nil {
		return nil, err
	}
	return list.finish(broken), nil
}

func numberOf(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, &refused{http.StatusBadRequest, "limit and before are numbers from 1 on"}
	}
	return n, nil
}

// letterList keeps the newest letters, and counts all.
type letterList struct {
	out           Letters
	limit, before int
	groups        map[[2]string]*Group
}

var quotedOrNumber = regexp.MustCompile(`"[^"]*"|\d+`)

func (l *letterList) add(one *pipeline.Letter) {
	l.out.Total++
	key := [2]string{one.Where(), quotedOrNumber.ReplaceAllString(one.Error, "#")}
	g := l.groups[key]
	if g == nil {
		g = &Group{Where: one.Where(), Error: one.Error}
		l.groups[key] = g
	}
	g.Count++
	if l.before > 0 && one.Number >= l.before {
		return
	}
	l.out.Letters = append(l.out.Letters, listed(one))
	if len(l.out.Letters) > 2*l.limit {
		l.out.Letters = append(l.out.Letters[:0], l.out.Letters[l.limit:]...)
	}
}

func (l *letterList) finish(broken []deadletters.Broken) Letters {
	list := l.out.Letters
	list = list[max(0, len(list)-l.limit):]
	slices.Reverse(list)
	l.out.Letters = list
	for _, g := range l.groups {
		l.out.Groups = append(l.out.Groups, *g)
	}
	slices.SortFunc(l.out.Groups, func(a, b Group) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Where, b.Where), strings.Compare(a.Error, b.Error))
	})
	l.out.Groups = l.out.Groups[:min(len(l.out.Groups), mostGroups)]
	for _, b := range broken[:min(len(broken), mostGroups)] {
		l.out.Broken = append(l.out.Broken, BrokenOne{b.Place, b.Err.Error()})
	}
	return l.out
}

func (s *Server) showLetter(_ http.ResponseWriter, q *http.Request) (any, error) {
	_, box, err := s.box(q)
	if err != nil {
		return nil, err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	for l, err := range box.Read(q.Context()) {
		switch {
		case l == nil:
			return nil, err
		case err == nil && l.Mark == q.PathValue("mark"):
			return whole(l), nil
		}
	}
	return nil, &refused{http.StatusNotFound, "there is no such letter any longer"}
}

func whole(l *pipeline.Letter) Letter {
	out := Letter{Listed: listed(l), Attempts: l.Attempts, FirstFailed: l.FirstFailed, Received: l.Received, EventTime: l.EventTime, Meta: l.Meta, Part: l.Part, Redacted: l.Redacted}
	body := l.Body()
	out.PayloadSize = len(body)
	out.Payload, out.PayloadBase64, out.Cut = shown(body)
	if l.Original != nil || l.OriginalBase64 != nil {
		out.Original, out.OriginalBase64, _ = shown(l.Source())
	}
	return out
}

// shown is a payload as far as it is shown.
func shown(body []byte) (text *string, raw []byte, cut bool) {
	if cut = len(body) > mostShown; cut {
		body = body[:mostShown]
		for len(body) > 0 && !utf8.RuneStart(body[len(body)-1]) {
			body = body[:len(body)-1]
		}
	}
	if t := strings.ToValidUTF8(string(body), ""); len(t) == len(body) || cut && len(t) >= len(body)-utf8.UTFMax {
		return &t, nil, cut
	}
	return nil, body, cut
}
