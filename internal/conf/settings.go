package conf

import (
	"reflect"
	"slices"
	"strings"
)

// Setting is a field of a struct that YAML can set, as its tag declares it:
//
//	TTL  time.Duration `yaml:"ttl"`
//	Each string        `yaml:"each,required"` // must be present
//	When string        `yaml:"when,short"`    // may stand alone, without "when:"
//	ID   []string      `yaml:"id,one"`        // one item need not be in a list
//	Late string        `yaml:"late" values:"deliver drop"` // one of these words
//
// A struct tagged `yaml:",inline"` has its settings among those of the struct
// around it. A field without a tag is not a setting.
type Setting struct {
	Name     string
	Type     reflect.Type
	Index    []int // for reflect.Value.FieldByIndex
	Required bool
	Short    bool
	One      bool
	Values   []string
}

// Settings lists the settings of a struct type in the order they are declared.
func Settings(t reflect.Type) []Setting {
	var settings []Setting
	for i := range t.NumField() {
		field := t.Field(i)
		tag, tagged := field.Tag.Lookup("yaml")
		name, rest, _ := strings.Cut(tag, ",")
		options := strings.Split(rest, ",")
		switch {
		case !tagged || name == "-":
		case slices.Contains(options, "inline"):
			settings = append(settings, inlined(field.Type, i)...)
		default:
			settings = append(settings, Setting{
				Name:     name,
				Type:     field.Type,
				Index:    []int{i},
				Required: slices.Contains(options, "required"),
				Short:    slices.Contains(options, "short"),
				One:      slices.Contains(options, "one"),
				Values:   strings.Fields(field.Tag.Get("values")),
			})
		}
	}
	return settings
}

func inlined(t reflect.Type, field int) []Setting {
	settings := Settings(t)
	for i := range settings {
		settings[i].Index = append([]int{field}, settings[i].Index...)
	}
	return settings
}

func findSetting(settings []Setting, is func(Setting) bool) (Setting, bool) {
	i := slices.IndexFunc(settings, is)
	if i < 0 {
		return Setting{}, false
	}
	return settings[i], true
}
