package sns

import (
	"slices"

	"github.com/leat-io/leat/internal/awsmessage"
)

// addTrace returns what adds attributes that say to which trace the event belongs. A
// message that was admitted stays one that is: where there is no room for an attribute, or
// the settings have one of that name, it is left out.
func (m *message) addTrace(t *topic) func(name, value string) {
	return func(name, value string) {
		taken := slices.ContainsFunc(m.attributes, func(o attribute) bool { return o.name == name })
		if taken || len(m.attributes) >= awsmessage.MaxAttributes || value == "" || awsmessage.CheckText(value) != nil {
			return
		}
		m.attributes = append(m.attributes, attribute{name, value})
		if n := m.size(); n > int(t.sink.config.MaxSize) || t.own.ExceededBy(n) {
			m.attributes = m.attributes[:len(m.attributes)-1]
		}
	}
}
