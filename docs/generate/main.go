// Command generate writes docs/stages.md, docs/providers.md, docs/state.md,
// docs/setup.md, docs/presets.md, docs/pipeline.md and docs/metrics.md from the files of presets and the declarations of
// stages, sources, sinks, state stores and metrics: the comments of their packages and settings,
// their defaults, and the example cases beside them. The comments and cases also go to
// internal/manual/texts.json, from where the program prints the same pages, and the
// schemas of pipeline.yaml and of presets are docs/pipeline.schema.json and
// docs/preset.schema.json. The document of the admin API is
// docs/openapi.json.
// Run it from the root of the repository.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"reflect"
	"slices"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/cli/schema"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/sim/testfile"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
)

// entry is one thing that pipeline.yaml can name.
type entry struct {
	kind, title string
	def         pipeline.Def
}

// page is one file of the manual.
type page struct {
	file, title, intro string
	entries            []entry
}

const sourcesIntro = "A flow's `from` names a source, or a list of them; `from: {link: {}}` takes what " +
	"other flows send with `{flow: name}`. Beside the type of a sink may stand `max_in_flight` (events in it at the same " +
	"time), `rate` (such as `10/s`) and an `on_error` of its own.\n\n" +
	"Any source that does not end by itself may have `spool: true` among its settings, as in `http: {listen: \":8080\", spool: true}`. What it gives is " +
	"then brought to the disk, acknowledged at once, and delivered from there, so that the flow can hold and retry events " +
	"longer than the source can wait. Nothing is lost when the process is killed; events that were under way come again.\n\n" +
	"`spool: {path: folder, max_size: 10GiB}` says where, and how much: the default is `.leat/spool/` and the name of the " +
	"flow, or flow-source where a flow has several sources, and 10GiB. While a spool is full, nothing is taken from its " +
	"source; http and snshttp answer 503. An event larger than an eighth of `max_size`, and at most 1GiB, goes back to its source. One process " +
	"can use a spool at a time, and a flow without a `dead_letter` has what it rejects offered again, after a second at " +
	"first and up to five minutes later."

// setupKind is the kind of what is set up for a preset: its folder describes the preset.
const setupKind = "setup"

const setupIntro = "A vendor sends a feed only where it was told to, and only if it is let in. `leat setup FLOW` looks at what is there, " +
	"at the vendor and at AWS, and prints a line for each thing that the flow needs:\n\n" +
	"| | |\n|---|---|\n| `keep` | it is there |\n| `create` | it is missing |\n| `change` | it is there, and has to be different |\n" +
	"| `test` | it is tried out |\n| `by hand` | only a person can do it: the text to send is printed below |\n" +
	"| `trouble` | it could not be looked at; the rest could |\n\n" +
	"Nothing is changed until the same is run with `--apply`. A step that fails does not keep the others from being made, unless they need it. " +
	"Nothing is remembered either: after an interruption or a failure, the same is run again, finds what is there and makes the rest; once all of it is there, " +
	"it changes nothing. The exit code is 0 when all went well, 1 for problems, 2 for wrong usage.\n\n" +
	"The settings are those of the flow's `setup`, below. `${NAME}` in them has to be there for `leat setup` alone: `leat run` and `leat check` do without, so that " +
	"the credentials of a vendor's control plane need not be where the flow runs. Secrets are never printed.\n\n" +
	"A program of one's own passes its setups to `cli.Main` behind its catalog; the package `setup` says how one is declared."

func pages() []page {
	return []page{
		{"docs/stages.md", "Stages", "A flow's `stages` is a list; each item names one of these. `name:` beside it gives the stage a name of its own in messages and dead letters.", stageEntries()},
		{"docs/providers.md", "Sources and sinks", sourcesIntro, append(sourceEntries(), sinkEntries()...)},
		{"docs/state.md", "State stores", "`state` names where it is remembered what was delivered.", stateEntries()},
		{"docs/setup.md", "Setting feeds up", setupIntro, setupEntries()},
	}
}

func stageEntries() (list []entry) {
	for _, d := range stages.All() {
		list = append(list, entry{"stage", d.Name, d.Def})
	}
	return list
}

func sourceEntries() (list []entry) {
	for _, d := range providers.Sources() {
		list = append(list, entry{"source", d.Name + " (source)", d.Def})
	}
	return list
}

func sinkEntries() (list []entry) {
	for _, d := range providers.Sinks() {
		list = append(list, entry{"sink", d.Name + " (sink)", d.Def})
	}
	return list
}

func stateEntries() (list []entry) {
	for _, d := range state.All() {
		list = append(list, entry{"state store", d.Name, d.Def})
	}
	return list
}

func setupEntries() (list []entry) {
	for _, d := range providers.Setups() {
		list = append(list, entry{setupKind, d.Preset, pipeline.Def{Name: d.Preset, Defaults: d.Defaults}})
	}
	return list
}

func main() {
	log.SetFlags(0)
	for _, write := range []func() error{writePages, writeTextsAndSchema, toFile("docs/presets.md", writePresets), toFile("docs/pipeline.md", writeFilePage), toFile("docs/metrics.md", writeMetrics)} {
		if err := write(); err != nil {
			log.Fatal(err)
		}
	}
}

func writePages() error {
	for _, p := range pages() {
		var out bytes.Buffer
		fmt.Fprintf(&out, "<!-- Written by go run ./docs/generate; change the comments in the code instead. -->\n\n# %s\n\n%s\n", p.title, p.intro)
		if err := p.write(&out); err != nil {
			return err
		}
		if err := os.WriteFile(p.file, out.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// write prints all entries.
func (p page) write(w io.Writer) error {
	texts, shown := newGatherer(), map[string]bool{}
	for _, e := range p.entries {
		if err := texts.gather(e.def, e.examples()); err != nil {
			return fmt.Errorf("%s: %w", e.title, err)
		}
		made := texts.Page(e.kind, e.def.Name, e.def.Defaults)
		folder := manual.Folder(reflect.TypeOf(e.def.Defaults))
		writePage(w, made, e.title, e.kind != setupKind, !shown[folder])
		shown[folder] = true
	}
	return nil
}

// examples are the files with the entry's examples.
func (e entry) examples() string {
	if e.kind == setupKind {
		return "setup-*.txtar"
	}
	return "example-*.txtar"
}

// writeTextsAndSchema writes what the program needs to print its manual, and the schema
// of pipeline.yaml.
func writeTextsAndSchema() error {
	texts := newGatherer()
	for _, e := range slices.Concat(stageEntries(), sourceEntries(), sinkEntries(), stateEntries()) {
		if err := texts.gather(e.def, e.examples()); err != nil {
			return fmt.Errorf("%s: %w", e.title, err)
		}
	}
	file := pipeline.DescribeFile()
	for _, settings := range []any{file.File, file.Flow, file.Stage, file.Sink, file.Spool} {
		if err := texts.settings(reflect.TypeOf(settings)); err != nil {
			return err
		}
	}
	for _, e := range setupEntries() {
		if err := texts.settings(reflect.TypeOf(e.def.Defaults)); err != nil {
			return err
		}
	}
	preset := pipeline.DescribePreset()
	for _, settings := range []any{preset.File, preset.Parameter, preset.Source, preset.Stage, testfile.Test{}, testfile.Event{}} {
		if err := texts.settings(reflect.TypeOf(settings)); err != nil {
			return err
		}
	}
	data, err := texts.json()
	if err != nil {
		return err
	}
	if err := os.WriteFile("internal/manual/texts.json", data, 0o644); err != nil {
		return err
	}
	if data, err = schema.Write(&texts.Texts, cli.StandardCatalog(), providers.Setups()...); err != nil {
		return err
	}
	presets, err := schema.WritePreset(&texts.Texts, cli.StandardCatalog())
	if err != nil {
		return err
	}
	if err := os.WriteFile("docs/preset.schema.json", presets, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile("docs/openapi.json", admin.OpenAPI(), 0o644); err != nil {
		return err
	}
	return os.WriteFile("docs/pipeline.schema.json", data, 0o644)
}

// toFile returns what writes a page into a file.
func toFile(name string, write func(io.Writer) error) func() error {
	return func() error {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			return err
		}
		return os.WriteFile(name, out.Bytes(), 0o644)
	}
}
