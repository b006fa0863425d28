package flowtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
	"github.com/rogpeppe/go-internal/txtar"
)

// where tells the arrivals of a case apart.
type where struct {
	sink string
	seq  pipeline.Seq
}

// arrival is what a [Got] does not say about an event.
type arrival struct {
	kind string
	body string // its decoded payload as JSON, or why there is none
}

// note keeps what a [Got] does not say; it has nothing fail.
func (c *flowCase) note(sink string, e *pipeline.Event, _ int) error {
	c.arrivals.Store(where{sink, e.Seq}, arrival{e.Type, meaning(e.Clone())})
	return nil
}

// meaning is what expressions see as the body of an event.
func meaning(e *pipeline.Event) string {
	v, err := e.Value()
	if err != nil {
		return err.Error()
	}
	text, err := rawjson.Append(nil, v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (c *flowCase) arrival(g Got) arrival {
	v, _ := c.arrivals.Load(where{g.Sink, g.Seq})
	a, _ := v.(arrival)
	return a
}

// collect fills the sections of a flow that ran.
func (c *flowCase) collect(rig *Rig, results map[string]string) {
	results["out"], results["left"] = rig.bodies("out"), strings.Join(append(rig.Recorder.Bodies("out"), ""), "\n")
	results["body"], results["events"] = c.meanings(rig, "out"), c.events(rig, "out")
	results["dead"], results["errors"] = rig.letters("dead")
	results["counts"] = rig.counts()
	for _, f := range c.archive.Files {
		if sink, ok := strings.CutPrefix(f.Name, "out."); ok {
			results[f.Name] = rig.bodies(sink)
		}
	}
}

func (c *flowCase) compare(results map[string]string) {
	c.compareUnasked(results)
	for i, f := range c.archive.Files {
		got, isResult := results[f.Name]
		if !isResult || same(f.Name, got, string(f.Data)) {
			continue
		}
		if os.Getenv("UPDATE") == "" {
			c.t.Errorf("%s:\n%s\nwant:\n%s", f.Name, got, f.Data)
		}
		c.archive.Files[i].Data = []byte(got)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o644); err != nil {
			c.t.Fatal(err)
		}
	}
}

// compareUnasked reports failures that the case does not speak of.
func (c *flowCase) compareUnasked(results map[string]string) {
	if got := results["check"]; got != "" && !c.has("check") {
		c.t.Errorf("check:\n%s", got)
	}
	if got := results["errors"]; got != "" && !c.has("dead") && !c.has("errors") {
		c.t.Errorf("errors:\n%s", got)
	}
}

// same compares a section with what came of it. Of a dead letter, a part of the
// error will do.
func same(name, got, want string) bool {
	switch name {
	case "dead":
		return slices.EqualFunc(strings.Split(got, "\n"), strings.Split(want, "\n"), func(got, want string) bool {
			return (got == "") == (want == "") && strings.Contains(got, want)
		})
	case "body":
		return compact(got) == compact(want)
	}
	return got == want
}

// compact writes a text of JSON values with one on each line. Any other text
// stays as it is.
func compact(text string) string {
	var b bytes.Buffer
	for values := json.NewDecoder(strings.NewReader(text)); ; b.WriteByte('\n') {
		var value json.RawMessage
		err := values.Decode(&value)
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil || json.Compact(&b, value) != nil {
			return text
		}
	}
}

// problems returns what check prints about a file.
func (rig *Rig) problems(yaml string, catalog pipeline.Catalog) string {
	_, report := pipeline.LoadText("pipeline.yaml", yaml, pipeline.Options{
		Catalog: rig.catalog(catalog, NewState()), DefaultState: "scratch",
		Getenv: func(string) (string, bool) { return "", false },
	})
	var b bytes.Buffer
	report.Print(&b)
	return b.String()
}

// inOrder returns what reached a sink in the order of the source.
func (rig *Rig) inOrder(sink string) []Got {
	got := rig.Recorder.Got(sink)
	slices.SortStableFunc(got, func(a, b Got) int { return a.Seq.Compare(b.Seq) })
	return got
}

// counts writes the counters of a run.
func (rig *Rig) counts() string {
	sums := map[string]int64{}
	for _, c := range rig.Pipeline.Stats().Counts {
		sums[c.Name] += c.Value
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		if sums[name] != 0 {
			fmt.Fprintln(&b, name, sums[name])
		}
	}
	return b.String()
}

func (rig *Rig) bodies(sink string) string {
	var b strings.Builder
	for _, g := range rig.inOrder(sink) {
		b.WriteString(g.Body + "\n")
	}
	return b.String()
}

// meanings writes what the payloads of a sink mean.
func (c *flowCase) meanings(rig *Rig, sink string) string {
	var b strings.Builder
	for _, g := range rig.inOrder(sink) {
		b.WriteString(c.arrival(g).body + "\n")
	}
	return b.String()
}

// events writes what identifies the events of a sink as JSON.
func (c *flowCase) events(rig *Rig, sink string) string {
	type event struct {
		ID   string            `json:"id"`
		Key  string            `json:"key,omitempty"`
		Type string            `json:"type,omitempty"`
		Time string            `json:"time,omitempty"`
		Meta map[string]string `json:"meta,omitempty"`
	}
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	for _, g := range rig.inOrder(sink) {
		e := event{ID: g.ID, Key: g.Key, Type: c.arrival(g).kind, Meta: g.Meta}
		if !g.Time.IsZero() {
			e.Time = g.Time.UTC().Format(time.RFC3339Nano)
		}
		if err := lines.Encode(e); err != nil {
			c.t.Error(err)
		}
	}
	return b.String()
}

// letters writes where and why the events of a sink became dead letters: the
// first lines of the errors, and the whole errors.
func (rig *Rig) letters(sink string) (short, full string) {
	for _, g := range rig.inOrder(sink) {
		d, err := readLetter(g)
		if err != nil {
			short, full = short+err.Error()+"\n", full+err.Error()+"\n"
			continue
		}
		first, _, _ := strings.Cut(d.Error, "\n")
		short += fmt.Sprintf("%s: %s\n", d.Stage+d.Sink, first)
		full += fmt.Sprintf("%s: %s\n", d.Stage+d.Sink, d.Error)
	}
	return short, full
}

func readLetter(g Got) (d pipeline.DeadLetter, err error) {
	if err := json.Unmarshal([]byte(g.Body), &d); err != nil {
		return d, fmt.Errorf("not a dead letter: %s", g.Body)
	}
	return d, nil
}

// checkRejected makes sure that a stage that is alone in its flow rejects events
// as it got them.
func (c *flowCase) checkRejected(rig *Rig) {
	if strings.Count("\n"+c.section("stages"), "\n- ") != 1 {
		return
	}
	for _, g := range rig.inOrder("dead") {
		d, err := readLetter(g)
		if err != nil || d.Stage == "" {
			continue
		}
		if !slices.ContainsFunc(c.sent, func(s *Sent) bool { return isAsSent(d, s) }) {
			c.t.Errorf("%s changed the event in spite of its error: %s", d.Stage, g.Body)
		}
	}
}

// isAsSent reports whether a dead letter is about a message that nobody changed.
func isAsSent(d pipeline.DeadLetter, s *Sent) bool {
	payload := string(d.PayloadBase64)
	if d.Payload != nil {
		payload = *d.Payload
	}
	return d.ID == s.ID && payload == s.Payload && maps.Equal(d.Meta, s.Meta) &&
		d.Key == "" && d.Type == "" && d.EventTime == nil
}
