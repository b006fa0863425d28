package spapi

import (
	"embed"

	"github.com/leat-io/leat/pipeline"
)

//go:embed preset.yaml samples
var files embed.FS

// Preset declares the preset of the same name: see preset.yaml.
var Preset = pipeline.DefinePreset("spapi", files)
