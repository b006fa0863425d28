package pipeline

import (
	"reflect"

	"github.com/leat-io/leat/internal/conf"
)

// checkSamples warns of fields that no sample of the flow's presets has, which are
// probably misspelt. It looks at the stages up to the first that may change payloads, and
// says nothing where a source has no samples.
func (b *fileBuilder) checkSamples(f *flow) {
	if b.options.Offline {
		return // it reads samples itself
	}
	var events []*Event
	for _, s := range f.sources {
		if s.preset == nil || len(s.preset.file.Samples) == 0 {
			return
		}
		found, err := b.sampleEvents(s.preset)
		if err != nil {
			b.problems.Warnf(s.node, "%v", err)
			return
		}
		events = append(events, found...)
	}
	if len(events) == 0 || f.linked {
		return
	}
	for _, s := range f.stages {
		b.checkPaths(s, events)
		b.checkKinds(s, events)
		if !s.traits.Keeps {
			return
		}
	}
}

func (b *fileBuilder) checkPaths(s *builtStage, events []*Event) {
	for _, p := range pathsIn(reflect.ValueOf(s.config), nil) {
		if len(p.steps) == 0 || anyHas(events, p) {
			continue
		}
		problem := b.problems.Warnf(s.node, "%s: no sample of the feed has %s", s.address, p)
		if near := nearestField(events, p); near != "" {
			problem.Hint = "did you mean " + near + "?"
		}
	}
}

func anyHas(events []*Event, p Path) bool {
	for _, e := range events {
		if raw, err := e.Raw(p); err == nil && raw != nil {
			return true
		}
	}
	return false
}

// nearestField is the path with its first name that is nowhere replaced by a field that
// is there and nearly called so.
func nearestField(events []*Event, p Path) string {
	for n := range p.steps {
		if anyHas(events, newPath(p.fold, p.steps[:n+1]...)) {
			continue
		}
		name, isName := p.steps[n].(string)
		near := conf.Nearest(name, fieldsAt(events, newPath(p.fold, p.steps[:n]...)))
		if !isName || near == "" {
			return ""
		}
		return newPath(p.fold, append(append([]any{}, p.steps[:n]...), near)...).String()
	}
	return ""
}

// fieldsAt are the names of the fields of the objects at a place.
func fieldsAt(events []*Event, p Path) (names []string) {
	for _, e := range events {
		v, err := e.Get(p)
		object, ok := v.(map[string]any)
		if err != nil || !ok {
			continue
		}
		for name := range object {
			names = append(names, name)
		}
	}
	return names
}

var (
	exprType     = reflect.TypeFor[Expr]()
	pathType     = reflect.TypeFor[Path]()
	identityType = reflect.TypeFor[Identity]()
	targetType   = reflect.TypeFor[Target]()
)

// pathsIn finds the fields that settings read, as far as the settings are exported.
func pathsIn(v reflect.Value, found []Path) []Path {
	walkSettings(v, func(one any) {
		switch one := one.(type) {
		case Expr:
			if one.path != nil {
				found = append(found, *one.path)
			}
			found = append(found, one.paths...)
		case Path:
			found = append(found, one)
		}
	})
	return found
}

// expressionsIn finds the expressions of settings.
func expressionsIn(v reflect.Value) (found []Expr) {
	walkSettings(v, func(one any) {
		if x, ok := one.(Expr); ok {
			found = append(found, x)
		}
	})
	return found
}

// targetsIn finds the targets of settings.
func targetsIn(settings any) (found []Target) {
	walkSettings(reflect.ValueOf(settings), func(one any) {
		if t, ok := one.(Target); ok {
			found = append(found, t)
		}
	})
	return found
}

// walkSettings calls f with each expression, path and target of settings, in order, as
// far as the settings are exported.
func walkSettings(v reflect.Value, f func(any)) {
	if !v.IsValid() || !v.CanInterface() {
		return
	}
	switch v.Type() {
	case exprType, pathType, targetType:
		f(v.Interface())
		return
	case identityType:
		walkSettings(reflect.ValueOf(v.Interface().(Identity).parts), f)
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkSettings(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkSettings(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walkSettings(v.Field(i), f)
		}
	}
}
