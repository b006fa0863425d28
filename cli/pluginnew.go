package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/plugins/templates"
	"github.com/spf13/cobra"
)

func pluginNewCommand(t terminal) *cobra.Command {
	var p templates.Plugin
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a plugin that works, to go on from",
		Long: `Makes the folder NAME below the folder of plugins, with a small plugin that works, a
README.md, a few events and a try.yaml that runs them through it. Nothing that is
there already is replaced.`,
		Example: "  leat plugin new --lang python eta",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one NAME, got %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if p.Language == "" {
				return usageError("in which language? Want --lang with one of " + strings.Join(templates.Languages(), ", "))
			}
			p.Name = args[0]
			p.Folder = filepath.ToSlash(filepath.Clean(p.Folder))
			if err := p.Check(); err != nil {
				return usageError(err.Error())
			}
			return newPlugin(p, t.out)
		},
	}
	languages := strings.Join(templates.Languages(), ", ")
	c.Flags().StringVar(&p.Language, "lang", "", "the `LANGUAGE`: "+languages)
	c.Flags().StringVar(&p.Folder, "folder", "plugins", "the `FOLDER` of all plugins, as plugins: {folder: …} in pipeline.yaml names it")
	_ = c.MarkFlagDirname("folder")
	completeFlag(c, "lang", templates.Languages()...)
	return c
}

// newPlugin writes a plugin. It is made beside its place and then moved there, so that
// there is never half of one.
func newPlugin(p templates.Plugin, out io.Writer) error {
	p.Module = p.Language == "go" && !inModule(p.Folder)
	files, err := p.Files()
	if err != nil {
		return err
	}
	target := filepath.FromSlash(p.Path())
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("there is %s already: choose another name, or remove it first", target)
	}
	if err := os.MkdirAll(filepath.FromSlash(p.Folder), 0o755); err != nil {
		return fmt.Errorf("make the folder of plugins: %w", err)
	}
	unfinished, err := os.MkdirTemp(filepath.FromSlash(p.Folder), "."+p.Name+"-")
	if err != nil {
		return fmt.Errorf("make the plugin: %w", err)
	}
	defer os.RemoveAll(unfinished)
	if err := writeFiles(unfinished, files); err != nil {
		return fmt.Errorf("make the plugin: %w", err)
	}
	if err := os.Rename(unfinished, target); err != nil {
		return fmt.Errorf("make the plugin: %w", err)
	}
	sayNext(p, out)
	return nil
}

func writeFiles(folder string, files []templates.File) error {
	if err := os.Chmod(folder, 0o755); err != nil { // it was made for nobody else
		return err
	}
	for _, f := range files {
		path := filepath.Join(folder, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := os.WriteFile(path, f.Text, mode); err != nil {
			return err
		}
	}
	return nil
}

// inModule tells whether a folder, which need not be there yet, is below a go.mod.
func inModule(folder string) bool {
	dir, err := filepath.Abs(filepath.FromSlash(folder))
	if err != nil {
		return false
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
		dir = filepath.Dir(dir)
	}
}

// sayNext says what there is now, and what to do with it.
func sayNext(p templates.Plugin, out io.Writer) {
	fmt.Fprintf(out, "Made the plugin %s in %s.\n\nNext:\n", p.Name, p.Path())
	for n, step := range p.Next() {
		fmt.Fprintf(out, "  %d. %s\n", n+1, step)
	}
}
