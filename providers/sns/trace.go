package sns

import (
	"slices"

	"github.com/leat-io/leat/internal/awsmessage"
)

// addTrace returns what adds attributes that say to which trace the event belongs. A
// message that was admitted stays one that is: where there is no room for an attribute, or
// the settings have one of that name, it is left out, and so is what would follow it.
func (m *message) addTrace(t *topic) func(name, value string) {
	full := false
	return func(name, value string) {
		taken := slices.ContainsFunc(m.attributes, func(o attribute) bool { return o.name == name })
		full = full || taken || len(m.attributes) >= awsmessage.MaxAttributes || awsmessage.CheckText(value) != nil
		if full {
			return
		}
		m.attributes = append(m.attributes, attribute{name, value})
		if n := m.size(); n > int(t.sink.config.MaxSize) || t.own.ExceededBy(n) {
			m.attributes, full = m.attributes[:len(m.attributes)-1], true
		}
	}
}
