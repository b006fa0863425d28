package pipeline

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/spool"
)

// spoolSetting may stand among the settings of any source that does not end by
// itself.
const spoolSetting = "spool"

// spoolConfig is what `spool` says when it is more than true.
type spoolConfig struct {
	// Path is the folder of the spool. Empty: .leat/spool/ and the name of the
	// flow, followed by that of the source if the flow has several.
	Path string `yaml:"path"`
	// MaxSize is how large the spool may grow. When it is full, nothing is taken
	// from the source until there is room again; one whose sender offers again
	// what is refused, such as http, refuses. An event that is larger than an
	// eighth of it goes back to its source; for sources such as http it must be
	// at least 16MiB.
	MaxSize Size `yaml:"max_size"`
}

var defaultSpoolConfig = spoolConfig{MaxSize: 10 << 30}

// Validate checks what the type of a setting cannot.
func (c spoolConfig) Validate() error {
	if c.MaxSize < 1<<20 {
		return FieldError("max_size", "must be at least 1MiB")
	}
	return nil
}

// maxRecord is how large an event may be.
func (c spoolConfig) maxRecord() int64 { return min(int64(c.MaxSize)/8, spool.MaxRecord) }

// maxMessage is what fits at once when everything before is settled, although some
// of that may still be in the file that is written to.
func (c spoolConfig) maxMessage() int64 { return int64(c.MaxSize) / 8 * 7 }

// splitSpool returns the settings of a source without `spool`, and what that
// says; nil when the source has no spool.
func (b *fileBuilder) splitSpool(settings *conf.Node) (*conf.Node, *spoolConfig) {
	n := settings.Get(spoolSetting)
	if n == nil {
		return settings, nil
	}
	rest := *settings
	rest.Fields = slices.DeleteFunc(slices.Clone(settings.Fields), func(f conf.Field) bool { return f.Key.Value == spoolSetting })
	c := defaultSpoolConfig
	if n.Kind == conf.Map {
		conf.Decode(n, &c, b.problems)
		return &rest, &c
	}
	var on bool
	if conf.Decode(n, &on, b.problems); !on {
		return &rest, nil
	}
	return &rest, &c
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
		if s.inner.Finite {
			b.problems.Errorf(s.node, "source %s waits as long as the flow needs, and what goes back is still there in the next run: spool has no use here, remove it", s.name)
		}
		b.checkSpoolSize(s)
	}
}

// leastPushed is the smallest spool of a source that is pushed to. An eighth of it,
// which is all that an event may have, is 2MiB: as much as snshttp takes in.
const leastPushed = 16 << 20

// checkSpoolSize refuses a spool that has no room for a message that its sender may
// push, which would be refused until the sender gives it up.
func (b *fileBuilder) checkSpoolSize(s *spooled) {
	if s.inner.Push && s.config.MaxSize < leastPushed {
		b.problems.Errorf(s.node, "the spool of source %s refuses messages that are larger than an eighth of it, and their senders give up on them: max_size must be at least %s for a source that is pushed to", s.name, conf.Size(leastPushed))
	}
}

func samePath(a, b string) bool {
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return absA == absB && errors.Join(errA, errB) == nil
}
