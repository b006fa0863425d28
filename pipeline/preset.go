package pipeline

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// PresetDef declares a preset: a feed as data. A flow that names it in `from` gets a
// source with the right settings and first stages that give each event its id, key, time
// and type.
type PresetDef struct {
	Name string
	// Files holds preset.yaml and the samples that it names.
	Files fs.FS

	file  string // the file's name in Files
	label string // what messages call the file
}

const presetFileName = "preset.yaml"

// DefinePreset declares a preset by its files, of which preset.yaml describes it.
func DefinePreset(name string, files fs.FS) PresetDef {
	return PresetDef{Name: name, Files: files, file: presetFileName, label: "preset " + name + " (built in)"}
}

// presetFile is what a file says that describes a preset.
type presetFile struct {
	// Preset is its name in `from`.
	Preset string `yaml:"preset,required"`
	// About says whose feed it is, and what to know about it.
	About string `yaml:"about"`
	// EitherCasing: names of fields match in either casing.
	EitherCasing bool `yaml:"either_casing"`
	// Parameters are settings of the preset's own. Where $name stands for a value in
	// source and stages, the parameter's is put, or the setting left out without one.
	Parameters conf.Node `yaml:"parameters"`
	// Source is the source, or a list of them with `when: SETTING` beside each, of which
	// the first counts whose setting was given.
	Source []*conf.Node `yaml:"source,one,required"`
	// Stages come before those of a flow, and give each event its id, key, type and time.
	Stages []*conf.Node `yaml:"stages"`
	// Offline changes the preset where no network may be used: stages that come first,
	// and settings of others.
	Offline presetOffline `yaml:"offline"`
	// Samples are files with payloads in the feed's shape.
	Samples []string `yaml:"samples"`
	// Redact names fields that are never printed, nor written to dead letters.
	Redact []string `yaml:"redact"`
	// Tests are what leat test runs; a pipeline does not look at them.
	Tests *conf.Node `yaml:"tests"`
}

// choices are the settings that choose the source.
func (f *presetFile) choices() (names []string) {
	for _, source := range f.Source {
		if when := source.Get("when"); when != nil {
			names = append(names, when.Value)
		}
	}
	return names
}

// presetSourceOptions may stand beside the type of a source of a preset.
type presetSourceOptions struct {
	// When names a parameter: the source is used when that was given.
	When string `yaml:"when"`
}

// presetStageOptions may stand beside the type of a stage of a preset.
type presetStageOptions struct {
	// Name is what override and messages call the stage, if not by its type.
	Name string `yaml:"name"`
	// With names a parameter: the stage is there when that was given.
	With string `yaml:"with"`
	// Without names a parameter: the stage is there when that was not given.
	Without string `yaml:"without"`
}

type presetOffline struct {
	// Stages come before the others.
	Stages []*conf.Node `yaml:"stages"`
	// Override changes settings of others, by their names; null takes one away.
	Override conf.Node `yaml:"override"`
}

// presetParameter is one of a preset's parameters.
type presetParameter struct {
	// About says what it is for.
	About string `yaml:"about"`
	// Default is its value when a flow gives none.
	Default conf.Node `yaml:"default"`
	// Values gives names to values.
	Values conf.Node `yaml:"values"`
	// Required: a flow has to give it.
	Required bool `yaml:"required"`
	// Secret: it is not printed.
	Secret bool `yaml:"secret"`
}

// readPresets makes the presets known that flows may name: those of the catalog and
// those in files that pipeline.yaml names, which come first.
func (b *fileBuilder) readPresets() {
	for _, f := range b.config.Presets {
		def := b.presetIn(f.path())
		if file := b.parsePreset(def); file != nil && b.mayBeCalled(file.Preset, def.label) {
			def.Name = file.Preset
			b.presets = append(b.presets, def)
		}
	}
	b.presets = append(b.presets, b.options.Catalog.Presets...)
}

// presetIn is the preset that a file describes, whose name is not known yet.
func (b *fileBuilder) presetIn(path string) PresetDef {
	dir := filepath.Dir(path)
	return PresetDef{Files: folder{os.DirFS(dir), dir, b.options.ReadFile}, file: filepath.Base(path), label: path}
}

// folder is files of a folder, as the options have them read.
type folder struct {
	fs.FS
	path string
	read func(name string) ([]byte, error)
}

// ReadFile implements [fs.ReadFileFS].
func (f folder) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return f.read(filepath.Join(f.path, filepath.FromSlash(name)))
}

// mayBeCalled refuses a name that is taken by something that is no preset, or twice.
func (b *fileBuilder) mayBeCalled(name, label string) bool {
	_, twice := b.presetNamed(name)
	if twice || contains(append(b.sourceNames(), linkSource), name) {
		b.problems.Errorf(nil, "%s: there is a source or preset named %q already: give this one another name", label, name)
		return false
	}
	return true
}

func (b *fileBuilder) presetNamed(name string) (PresetDef, bool) {
	for _, d := range b.presets {
		if d.Name == name {
			return d, true
		}
	}
	return PresetDef{}, false
}

// parsePreset reads the file that describes a preset; nil if it cannot be used.
func (b *fileBuilder) parsePreset(def PresetDef) *presetFile {
	data, err := fs.ReadFile(def.Files, def.file)
	if err != nil {
		b.problems.Errorf(nil, "%v", readError(def.label, err))
		return nil
	}
	root, problems := conf.Parse([]conf.Source{{Name: def.label, Data: data}}, b.options.Getenv, b.options.ReadFile)
	problems.Forget(root.Get("tests"))
	if b.alone {
		problems.Forget(root.Get("source"))
	}
	file := &presetFile{}
	ok := root != nil && conf.Decode(root, file, problems)
	b.problems.Include(problems)
	if !ok || problems.HasErrors() {
		return nil
	}
	if file.EitherCasing {
		for _, item := range slices.Concat(file.Stages, file.Offline.Stages) {
			item.FoldCase()
		}
	}
	return file
}

// Sample is a payload in a feed's shape.
type Sample struct {
	Name string
	Data []byte
}

// samples reads those that a preset names.
func (d PresetDef) samples(names []string) (list []Sample, err error) {
	for _, name := range names {
		data, err := fs.ReadFile(d.Files, name)
		if err := sampleError(name, data, err); err != nil {
			return nil, fmt.Errorf("sample of preset %s: %w", d.Name, err)
		}
		list = append(list, SplitSamples(name, data)...)
	}
	return list, nil
}
