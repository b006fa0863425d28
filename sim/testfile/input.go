package testfile

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Input is one message that a source gives, or several.
type Input struct {
	// At is when it comes, since the start. With the one before if it is not given.
	At *time.Duration `yaml:"at"`
	// After is when it comes, since the one before came.
	After time.Duration `yaml:"after"`
	// ID is what the source calls the message: 1 for the first one of the test, then 2, 3 …
	// if it is not given.
	ID string `yaml:"id"`
	// Source is the one that gives it, as leat calls it in messages; the first of the flow
	// if it is not given.
	Source string `yaml:"source"`
	// Body is a payload of JSON.
	Body *conf.Node `yaml:"body"`
	// Text is a payload as it is.
	Text *string `yaml:"text"`
	// File holds the payload; it is seen from the folder of this file.
	File string `yaml:"file"`
	// Lines is a file of which each line is the payload of a message.
	Lines string `yaml:"lines"`
	// Again is the id of a message that comes once more.
	Again string `yaml:"again"`
	// Copies is how often the message comes at once.
	Copies int `yaml:"copies"`
	// Meta is what the source says of it, such as sqs.SentTimestamp.
	Meta map[string]string `yaml:"meta"`

	node     *conf.Node
	comes    time.Duration
	messages []message
}

// message is what an input stands for.
type message struct {
	id      string
	payload []byte
	meta    map[string]string
}

// Validate checks what one setting cannot.
func (in *Input) Validate() error {
	given := 0
	for _, is := range []bool{in.Body != nil, in.Text != nil, in.File != "", in.Lines != "", in.Again != ""} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return pipeline.FieldError("body", "an input needs one of body, text, file, lines and again")
	case in.At != nil && in.After != 0:
		return pipeline.FieldError("after", "say when it comes with at or with after, not with both")
	case in.At != nil && *in.At < 0 || in.After < 0:
		return pipeline.FieldError("at", "must not be negative")
	case in.Copies < 0:
		return pipeline.FieldError("copies", "must not be negative")
	case in.Again != "" && (in.ID != "" || in.Meta != nil):
		return pipeline.FieldError("again", "the message that comes again has its id and meta already")
	case in.Lines != "" && in.ID != "":
		return pipeline.FieldError("id", "lines have ids of their own: the name of the file and the number of the line")
	}
	return nil
}

// complete finds out when the input comes, after the one before, and what it is.
func (in *Input) complete(f *File, t *Test, before time.Duration) time.Duration {
	in.comes = before + in.After
	if in.At != nil {
		if in.comes = *in.At; in.comes < before {
			f.problems.Errorf(in.node.Get("at"), "at: the input before comes later, %s after the start: put them in the order in which they come", before)
		}
	}
	if in.Again != "" {
		in.again(f, t)
	} else {
		in.read(f, t)
	}
	one := in.messages
	for range in.Copies - 1 {
		in.messages = append(in.messages[:len(in.messages):len(in.messages)], one...)
	}
	return in.comes
}

// again finds the message that comes once more.
func (in *Input) again(f *File, t *Test) {
	var ids []string
	for _, other := range t.In {
		if other == in {
			break
		}
		for _, m := range other.messages {
			if m.id == in.Again {
				in.messages = []message{m}
				return
			}
			ids = append(ids, m.id)
		}
	}
	problem := f.problems.Errorf(in.node.Get("again"), "again: no message %q came before", in.Again)
	if near := conf.Nearest(in.Again, ids); near != "" {
		problem.Hint = `did you mean "` + near + `"?`
	}
}

// read makes messages of what the input holds.
func (in *Input) read(f *File, t *Test) {
	switch {
	case in.Body != nil:
		in.add(t, jsonOf(in.Body))
	case in.Text != nil:
		in.add(t, []byte(*in.Text))
	case in.File != "":
		if data, ok := in.load(f, "file", in.File); ok {
			in.add(t, data)
		}
	case in.Lines != "":
		data, _ := in.load(f, "lines", in.Lines)
		for i, line := range bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
			in.messages = append(in.messages, message{in.Lines + ":" + strconv.Itoa(i+1), bytes.TrimSuffix(line, []byte("\r")), in.Meta})
		}
	}
}

func (in *Input) add(t *Test, payload []byte) {
	id := in.ID
	if id == "" {
		id = strconv.Itoa(t.messagesBefore(in) + 1)
	}
	in.messages = []message{{id, payload, in.Meta}}
}

// messagesBefore counts those of the inputs before one that are not there again.
func (t *Test) messagesBefore(in *Input) (n int) {
	for _, other := range t.In {
		if other == in {
			break
		}
		if other.Again == "" {
			n++
		}
	}
	return n
}

func (in *Input) load(f *File, setting, name string) ([]byte, bool) {
	data, err := os.ReadFile(f.beside(name))
	if err != nil {
		f.problems.Errorf(in.node.Get(setting), "%s: %v", setting, err)
	}
	return data, err == nil
}
