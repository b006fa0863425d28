package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/leat-io/leat/cli/starter"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

func initCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	var source, preset string
	c := &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Write a first pipeline.yaml, with comments, and a sample",
		Long: `Writes a pipeline.yaml for a source, or for the preset of a vendor, with comments on
what each line is for, and payloads to try it with. Files that are there already are
left alone; nothing is written then.

With --preset it writes a preset of your own, with tests, into presets/NAME.yaml, and a
pipeline.yaml that takes its events, unless there is one.

Sources: ` + wrapNames(startable(catalog)),
		Example: "  leat init\n  leat init --source sqs\n  leat init --source di parcels\n  leat init --preset acme",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("want one FOLDER, got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: anyFolder,
		RunE: func(c *cobra.Command, args []string) error {
			folder := append(args, ".")[0]
			switch {
			case !c.Flags().Changed("preset"):
				return begin(catalog, source, folder, t)
			case c.Flags().Changed("source"):
				return usageError("--preset begins with a source of its own: leave out --source")
			}
			return beginPreset(catalog, preset, folder, t)
		},
	}
	c.Flags().StringVar(&source, "source", "file", "where events come from: `NAME` of a source or a preset")
	completeFlag(c, "source", startable(catalog)...)
	c.Flags().StringVar(&preset, "preset", "", "begin with a preset of your own, called `NAME`")
	completeFlag(c, "preset")
	return c
}

// startable are the sources and presets of a program that there is a starter for.
func startable(catalog pipeline.Catalog) (names []string) {
	for _, name := range starter.Names() {
		isSource := slices.ContainsFunc(catalog.Sources, func(d pipeline.SourceDef) bool { return d.Name == name })
		if _, isPreset := presetOf(catalog, name); isSource || isPreset {
			names = append(names, name)
		}
	}
	return names
}

func presetOf(catalog pipeline.Catalog, name string) (pipeline.PresetDef, bool) {
	i := slices.IndexFunc(catalog.Presets, func(d pipeline.PresetDef) bool { return d.Name == name })
	if i < 0 {
		return pipeline.PresetDef{}, false
	}
	return catalog.Presets[i], true
}

// wrapNames lists names in lines that fit a terminal.
func wrapNames(names []string) string {
	return strings.Join(names[:min(6, len(names))], ", ") + ",\n" + strings.Join(names[min(6, len(names)):], ", ") + "."
}

// begin writes the starter for a source into a folder.
func begin(catalog pipeline.Catalog, source, folder string, t terminal) error {
	if names := startable(catalog); !contains(names, source) {
		if near := conf.Nearest(source, names); near != "" {
			return usageError(fmt.Sprintf("--source %s: there is no starter for it; did you mean %q?", source, near))
		}
		return usageError(fmt.Sprintf("--source %s: there is no starter for it; there are %s", source, strings.Join(names, ", ")))
	}
	sample, err := sampleOf(catalog, source)
	if err != nil {
		return err
	}
	s, err := starter.New(source, sample)
	if err != nil {
		return err
	}
	return writeStarter(folder, s, t)
}

// writeStarter writes files, and says what to do with them.
func writeStarter(folder string, s *starter.Starter, t terminal) error {
	if err := writeNew(folder, s.Files); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Wrote %s. Next:\n\n", listFiles(folder, s.Files))
	if folder != "." {
		fmt.Fprintf(t.out, "  cd %s\n", folder)
	}
	fmt.Fprint(t.out, s.Next)
	return nil
}

// sampleOf is the first sample of a preset; nil for a source.
func sampleOf(catalog pipeline.Catalog, source string) (*starter.File, error) {
	d, ok := presetOf(catalog, source)
	if !ok {
		return nil, nil
	}
	preset, err := manual.ReadPreset(d.Name, d.Files)
	if err != nil || len(preset.Samples) == 0 {
		return nil, err
	}
	data, err := fs.ReadFile(d.Files, preset.Samples[0])
	return &starter.File{Name: "sample" + path.Ext(preset.Samples[0]), Data: data}, err
}

// writeNew writes files that are not there yet, all or none.
func writeNew(folder string, files []starter.File) error {
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if _, err := os.Lstat(name); errors.Is(err, syscall.ENOTDIR) {
			return fmt.Errorf("%s is a file: name a folder, as in leat init parcels", folder)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already: go to another folder, or name one, as in leat init parcels", name)
		}
	}
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func listFiles(folder string, files []starter.File) string {
	var names []string
	for _, f := range files {
		names = append(names, filepath.Join(folder, f.Name))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
