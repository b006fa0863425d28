// Package di is the preset of the same name: see preset.yaml.
package di

import (
	"embed"

	"github.com/leat-io/leat/pipeline"
)

//go:embed preset.yaml samples
var files embed.FS

// Preset declares the preset.
var Preset = pipeline.DefinePreset("di", files)
