package pipeline

import "slices"

// Secrets returns the names of fields whose values are not to be printed or written to
// dead letters, as the presets of the pipeline have them and on_error of its flows and
// sinks. They count for all flows, because events go on from one to another.
func (p *Pipeline) Secrets() (names []string) {
	for _, f := range p.flows {
		names = append(names, f.secrets()...)
	}
	for _, s := range p.sinks {
		if s.options.OnError != nil {
			names = append(names, s.options.OnError.Redact...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// secrets are the names that a flow and its presets have.
func (f *flow) secrets() []string {
	names := slices.Clone(f.config.OnError.Redact)
	for _, s := range f.sources {
		if s.preset != nil {
			names = append(names, s.preset.file.Redact...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
