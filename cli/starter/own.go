package starter

import (
	"strings"

	"github.com/leat-io/leat/cli/schema"
	"github.com/rogpeppe/go-internal/txtar"
)

// Own returns the starter for a preset of one's own: its file, with a payload, and the
// pipeline.yaml of a flow that takes its events. Beside a pipeline.yaml that is there already
// the preset comes alone.
func Own(preset string, beside bool) *Starter {
	part := map[string]string{}
	for _, f := range txtar.Parse(starters).Files {
		part[f.Name] = string(f.Data)
	}
	fill := strings.NewReplacer("PRESET", preset, "SCHEMA", schema.PresetID).Replace
	files := []File{
		{"presets/" + preset + ".yaml", []byte(fill(part["own/preset"]))},
		{"presets/" + preset + ".json", []byte(part["own/sample"])},
	}
	if beside {
		return &Starter{Source: preset, Files: files, Next: fill(part["own/next-beside"])}
	}
	head := strings.NewReplacer("SCHEMA", schema.ID, "SOURCE", "http", "flows:\n", part["own/presets"]+"flows:\n").Replace(part["head"])
	text := fill(head + part["own/from"] + part["own/stages"] + part["sinks/preset"])
	files = append([]File{{"pipeline.yaml", []byte(text)}}, files...)
	return &Starter{Source: preset, Files: files, Next: fill(part["own/next"])}
}
