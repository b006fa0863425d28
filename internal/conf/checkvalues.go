package conf

import (
	"errors"
	"reflect"
	"slices"
)

// CheckValues returns an error for each text of a settings struct that is none of the
// words which its tag lists. [Decode] does the same; this is for settings that a program
// fills itself.
func CheckValues(settings any) error {
	v := reflect.ValueOf(settings)
	var errs []error
	for _, s := range Settings(v.Type()) {
		field := v.FieldByIndex(s.Index)
		if len(s.Values) > 0 && field.Kind() == reflect.String && !slices.Contains(s.Values, field.String()) {
			errs = append(errs, FieldError(s.Name, "want %s, got %q", alternatives(s.Values), field.String()))
		}
	}
	return errors.Join(errs...)
}
