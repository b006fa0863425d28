package pipeline

import "slices"

// Secrets returns the names of fields whose values are not to be printed, as the presets
// of the pipeline have them.
func (p *Pipeline) Secrets() (names []string) {
	for _, f := range p.flows {
		for _, s := range f.sources {
			if s.preset != nil {
				names = append(names, s.preset.file.Redact...)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
