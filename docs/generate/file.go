package main

import (
	"fmt"
	"io"
	"reflect"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
)

const fileIntro = "A `pipeline.yaml` has flows and sinks. A flow takes events from a [source](providers.md) or a [preset](presets.md), has them go through [stages](stages.md), " +
	"and gives them to sinks or to other flows. What was delivered is remembered in a [state store](state.md).\n\n" +
	"`${NAME}` in a value is a variable of the environment, `${NAME:-default}` one with a default, `${file:/path}` the text of a file, and `$${` a literal `${`. " +
	"Several files (`-f pipeline.yaml -f production.yaml`) are put together: maps by their names, of everything else the last counts, and null takes a setting back.\n\n" +
	"`leat check` says what is wrong with a file; the first line `# yaml-language-server: $schema=https://raw.githubusercontent.com/leat-io/leat/main/docs/pipeline.schema.json` " +
	"has editors complete and check it. That of a [preset of your own](presets.md#a-preset-of-your-own) names preset.schema.json there."

// writeFilePage prints the page about the settings that belong to no stage, source, sink
// or state store.
func writeFilePage(w io.Writer) error {
	fmt.Fprintf(w, "<!-- Written by go run ./docs/generate; change the comments in the code instead. -->\n\n# pipeline.yaml\n\n%s\n", fileIntro)
	file := pipeline.DescribeFile()
	for _, part := range []struct {
		title    string
		settings any
	}{
		{"The file", file.File}, {"A flow", file.Flow}, {"Beside the type of a stage", file.Stage},
		{"Beside the type of a sink", file.Sink}, {"The spool of a source", file.Spool},
	} {
		texts := newGatherer()
		if err := texts.settings(reflect.TypeOf(part.settings)); err != nil {
			return err
		}
		page := manual.Page{Settings: texts.Settings(reflect.ValueOf(part.settings))}
		writePage(w, page, part.title, false, false)
	}
	return nil
}
