package pipeline

import (
	"reflect"

	"github.com/leat-io/leat/internal/conf"
)

// sampleFeed is a source of a flow with payloads that could come from it.
type sampleFeed struct {
	from    *conf.Node // the preset, nil where events come as they are
	node    *conf.Node // what is to blame
	of      string     // whose samples they are, in words
	samples []Sample
}

// checkSamples warns of fields that no sample of the flow has, which are probably misspelt.
// The samples go through the stages as far as those need nothing but the event; behind the
// first that may change payloads and needs more, nothing is known. Nothing is said where a
// source has no samples.
func (b *fileBuilder) checkSamples(f *flow) {
	if b.options.Offline {
		return // it reads samples itself
	}
	feeds := b.sampleFeeds(f)
	events, ok := b.sampled(feeds, nil)
	var before []*conf.Node
	for _, s := range f.stages {
		if !ok || len(events) == 0 {
			return
		}
		b.checkPaths(s, events)
		b.checkKinds(s, events)
		if s.traits.Local {
			before = append(before, mapOf(s.given.name, s.given.settings))
		}
		switch {
		case s.traits.Keeps:
		case !s.traits.Local:
			return
		default:
			events, ok = b.sampled(feeds, before)
		}
	}
}

// sampleFeeds are the sources of a flow; none where one of them has no samples. Samples of
// the flow's own come from the first.
func (b *fileBuilder) sampleFeeds(f *flow) (feeds []sampleFeed) {
	own := b.readSamples(f.config.Samples)
	for i, s := range f.sources {
		feed := sampleFeed{node: s.node, of: "flow " + f.name}
		if u := s.preset; u != nil {
			feed.from = u.sampleSource()
		}
		switch {
		case len(own) > 0 && i == 0:
			feed.samples = own
		case s.preset == nil && len(own) > 0:
			continue
		case s.preset == nil || len(s.preset.file.Samples) == 0 || f.linked:
			return nil
		default:
			found, err := s.preset.def.samples(s.preset.file.Samples)
			if err != nil {
				b.problems.Warnf(s.node, "%v", err)
				return nil
			}
			feed.samples, feed.of = found, "preset "+s.preset.def.Name
		}
		feeds = append(feeds, feed)
	}
	return feeds
}

// sampled is what stages make of the samples.
func (b *fileBuilder) sampled(feeds []sampleFeed, stages []*conf.Node) (events []*Event, ok bool) {
	for _, feed := range feeds {
		found, err := b.sampleEvents(feed, stages)
		if err != nil {
			b.problems.Warnf(feed.node, "%v", err)
			return nil, false
		}
		events = append(events, found...)
	}
	return events, true
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
