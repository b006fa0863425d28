package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
)

const presetsIntro = "A preset is a vendor's feed as data. A flow that names it in `from`, as in `from: {di: {queue: parcel-events}}`, gets its source with the right settings, " +
	"and its stages before those of the flow: they give each event its id, key, time and type.\n\n" +
	"Beside a preset's parameters may stand every setting of its [source](providers.md), which replaces the one below, and `spool`. `source: {…}` takes the events from another source. " +
	"`override: {identify: {key: body.id}}` changes settings of a stage, `override: {split: null}` leaves one out.\n\n" +
	"`leat expand` prints what the presets of a file stand for, `leat inspect --as PRESET` the events in a payload, and `leat dev PRESET` runs a made-up feed. " +
	"A preset of one's own is a file in this form, which `presets: [./acme.yaml]` in pipeline.yaml names.\n\n" +
	"Values of fields that a preset calls secret (`redact: [newClientSecret]`) are not printed, and `[redacted]` stands in their place in dead letters, which then say `\"redacted\":true`, and in the log: " +
	"by the field's name in either casing, wherever it is, also in JSON within text. Of a payload that is not JSON and contains a name, all is hidden. A replay of such a letter does without the secret. " +
	"`on_error: {redact: [password], …}` of any flow names more. All names count for all flows of a file, because events go on from one to another. The id, key and type of an event are not secret."

// writePresets prints the page about presets from their files.
func writePresets(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", presetsIntro)
	for _, d := range providers.Presets() {
		if err := writePreset(w, d); err != nil {
			return fmt.Errorf("preset %s: %w", d.Name, err)
		}
	}
	return nil
}

func writePreset(w io.Writer, d pipeline.PresetDef) error {
	data, err := fs.ReadFile(d.Files, "preset.yaml")
	if err != nil {
		return err
	}
	root, problems := conf.Parse([]conf.Source{{Name: d.Name, Data: data}}, nil, nil)
	if err := problems.Err(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n## %s\n\n%s\n", d.Name, strings.TrimSpace(root.Get("about").Value))
	if err := writeParameters(w, root.Get("parameters")); err != nil {
		return err
	}
	for _, part := range []string{"source", "stages"} {
		text, err := conf.Write(&conf.Node{Kind: conf.Map, Fields: []conf.Field{{Key: conf.Text(part), Value: root.Get(part)}}})
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n```yaml\n%s```\n", text)
	}
	return writeRedacted(w, root.Get("redact"))
}

// writeRedacted prints which fields of a preset are secret.
func writeRedacted(w io.Writer, names *conf.Node) error {
	if names == nil {
		return nil
	}
	var list []string
	for _, name := range names.Items {
		list = append(list, "`"+name.Value+"`")
	}
	_, err := fmt.Fprintf(w, "\nSecret: %s.\n", strings.Join(list, ", "))
	return err
}

// writeParameters prints a line for each parameter of a preset.
func writeParameters(w io.Writer, parameters *conf.Node) error {
	if parameters == nil || len(parameters.Fields) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	for _, f := range parameters.Fields {
		remark := ""
		if value := f.Value.Get("default"); value != nil {
			text, err := conf.Write(value)
			if err != nil {
				return err
			}
			remark = " (`" + string(bytes.TrimSpace(text)) + "`)"
		} else if f.Value.Get("required") != nil {
			remark = " (required)"
		}
		fmt.Fprintf(w, "- `%s`%s: %s\n", f.Key.Value, remark, strings.TrimSpace(f.Value.Get("about").Value))
	}
	return nil
}
