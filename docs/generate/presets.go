package main

import (
	_ "embed" // own.md
	"fmt"
	"io"
	"strings"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
)

const presetsIntro = "A preset is a vendor's feed as data. A flow that names it in `from`, as in `from: {di: {queue: parcel-events}}`, gets its source with the right settings, " +
	"and its stages before those of the flow: they give each event its id, key, time and type.\n\n" +
	"Beside a preset's parameters may stand every setting of its [source](providers.md), which replaces the one below, and `spool`. `source: {…}` takes the events from another source. " +
	"`override: {identify: {key: body.id}}` changes settings of a stage, `override: {split: null}` leaves one out.\n\n" +
	"`leat expand` prints what the presets of a file stand for, `leat inspect --as PRESET` the events in a payload, and `leat dev PRESET` runs a made-up feed. " +
	"A preset of [one's own](#a-preset-of-your-own) is a file in this form, which `presets: [presets/acme.yaml]` in pipeline.yaml names.\n\n" +
	"Values of fields that a preset calls secret (`redact: [newClientSecret]`) are not printed, and `[redacted]` stands in their place in dead letters, which then say `\"redacted\":true`, and in the log: " +
	"by the field's name in either casing, wherever it is, also in JSON within text. Of a payload that is not JSON and contains a name, all is hidden. A replay of such a letter does without the secret. " +
	"`on_error: {redact: [password], …}` of any flow names more. All names count for all flows of a file, because events go on from one to another. The id, key and type of an event are not secret."

// writePresets prints the page about presets from their files.
func writePresets(w io.Writer) error {
	fmt.Fprintf(w, "<!-- Written by go run ./docs/generate; change the preset.yaml files in providers/ and docs/generate/own.md instead. -->\n\n# Presets\n\n%s\n", presetsIntro)
	for _, d := range providers.Presets() {
		if err := writePreset(w, d); err != nil {
			return fmt.Errorf("preset %s: %w", d.Name, err)
		}
	}
	_, err := io.WriteString(w, own)
	return err
}

// own is about presets that do not come with leat.
//
//go:embed own.md
var own string

func writePreset(w io.Writer, d pipeline.PresetDef) error {
	preset, err := manual.ReadPreset(d.Name, d.Files)
	if err != nil {
		return err
	}
	page, err := preset.Page()
	if err != nil {
		return err
	}
	writePage(w, page, d.Name, true, false)
	if len(preset.Redact) > 0 {
		fmt.Fprintf(w, "\nSecret: `%s`.\n", strings.Join(preset.Redact, "`, `"))
	}
	return nil
}
