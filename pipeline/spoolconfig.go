package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/spool"
)

// spoolSetting may stand among the settings of any source.
const spoolSetting = "spool"

// spoolConfig is what `spool` says when it is more than true.
type spoolConfig struct {
	// Path is the folder of the spool. Empty: .leat/spool/ and the name of the
	// flow, followed by that of the source if the flow has several.
	Path string `yaml:"path"`
	// MaxSize is how large the spool may grow. When it is full, nothing is taken
	// from the source until there is room again; one whose sender offers again
	// what is refused, such as http, refuses. An event that is larger than an
	// eighth of it goes back to its source.
	MaxSize Size `yaml:"max_size"`
}

// Validate checks what the type of a setting cannot.
func (c spoolConfig) Validate() error {
	if c.MaxSize < 1<<20 {
		return FieldError("max_size", "must be at least 1MiB")
	}
	return nil
}

// splitSpool returns the settings of a source without `spool`, and what that
// says; nil when the source has no spool.
func (b *fileBuilder) splitSpool(settings *conf.Node) (*conf.Node, *spoolConfig) {
	n := settings.Get(spoolSetting)
	if n == nil {
		return settings, nil
	}
	rest := *settings
	rest.Fields = slices.DeleteFunc(slices.Clone(settings.Fields), func(f conf.Field) bool { return f.Key.Value == spoolSetting })
	c := &spoolConfig{MaxSize: 10 << 30}
	if n.Kind == conf.Map {
		conf.Decode(n, c, b.problems)
		return &rest, c
	}
	var on bool
	if conf.Decode(n, &on, b.problems); !on {
		c = nil
	}
	return &rest, c
}

// spoolSource puts a spool between a source and its flow.
func (b *fileBuilder) spoolSource(f *flow, s *namedSource, c spoolConfig, alone bool) {
	if c.Path == "" {
		c.Path = defaultSpool(f.name, s.name, alone)
	}
	env := b.env(s.name, f)
	sp := newSpooled(f, s, c, env)
	env.OnStart(sp.open)
	env.OnClose(sp.close)
	b.p.spools = append(b.p.spools, sp)
	s.Source = sp.source()
}

func defaultSpool(flow, source string, alone bool) string {
	name := flow
	if !alone {
		name += "-" + strings.ReplaceAll(source, "#", "-")
	}
	return filepath.Join(spoolFolder, name)
}

// spoolFolder is where spools are when their paths are not given.
var spoolFolder = filepath.Join(".leat", "spool")

// sourcesIn counts what a flow reads besides other flows.
func sourcesIn(items []*conf.Node) (n int) {
	for _, item := range items {
		if item.Value != linkSource && item.Get(linkSource) == nil {
			n++
		}
	}
	return n
}

// checkSpools refuses what two spools, or a spool and its flow, cannot agree on.
func (b *fileBuilder) checkSpools() {
	for i, s := range b.p.spools {
		for _, other := range b.p.spools[:i] {
			if samePath(s.config.Path, other.config.Path) {
				b.problems.Errorf(s.node, "source %s has the spool %s, which source %s of flow %q (line %d) has already: give it a path of its own, as in spool: {path: …}", s.name, s.config.Path, other.name, other.flow.name, other.node.Line)
			}
		}
		b.checkSpoolSize(s)
	}
}

// checkSpoolSize refuses a spool that a finite source could fill with what is
// held. Nothing more would be read then, and what is held waits for just that.
func (b *fileBuilder) checkSpoolSize(s *spooled) {
	if !s.inner.Finite {
		return
	}
	var held int64
	for _, f := range b.p.flows {
		if f.group == s.flow.group {
			held += f.limits.maxBytes
		}
	}
	if need := 8 * held; int64(s.config.MaxSize) < need {
		b.problems.Errorf(s.node, "the spool of source %s can be filled by events that are held, which wait for the rest of the input: max_size must be at least %s, eight times max_held_bytes", s.name, conf.Size(need))
	}
}

func samePath(a, b string) bool {
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return absA == absB && errors.Join(errA, errB) == nil
}

// forgottenSpools names folders in which events may wait that no source of the
// pipeline reads, as when a source has lost its spool setting.
func (p *Pipeline) forgottenSpools() (paths []string) {
	for _, f := range p.flows {
		path := filepath.Join(spoolFolder, f.name)
		used := slices.ContainsFunc(p.spools, func(s *spooled) bool { return samePath(s.config.Path, path) })
		if !used && spool.Waits(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (p *Pipeline) warnOfForgottenSpools(context.Context) error {
	for _, path := range p.forgottenSpools() {
		p.log.Warn("events of an earlier run may wait in a spool that no source uses",
			"spool", path, "hint", fmt.Sprintf("give the source whose events they are spool: {path: %s}, or move the folder away", path))
	}
	return nil
}
