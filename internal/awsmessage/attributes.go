package awsmessage

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// LabelName is the name of leat's own attribute, the label of the event.
const LabelName = "leat"

// MaxAttributes is how many attributes SQS keeps for a message, and SNS hands on
// to it.
const MaxAttributes = 10

// CheckName reports why name cannot be that of an attribute.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
func CheckName(name string) error {
	switch {
	case name == "" || len(name) > 256:
		return errors.New("a name has 1 to 256 characters")
	case reserved(name, "aws.") || reserved(name, "amazon."):
		return errors.New("names that begin with AWS. or Amazon. belong to AWS")
	case name[0] == '.' || name[len(name)-1] == '.':
		return errors.New("a name neither begins nor ends with a dot")
	}
	for i := range len(name) {
		c := name[i]
		if c == '.' && name[i-1] == '.' {
			return errors.New("a name has no two dots in a row")
		}
		if !isLetter(c) && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return errors.New("a name has only letters, digits, dots, _ and -")
		}
	}
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func reserved(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if c := name[i]; c != prefix[i] && (!isLetter(c) || c|0x20 != prefix[i]) {
			return false
		}
	}
	return true
}

// Attribute is one of the settings: what its value is made from, and its name.
type Attribute[X any] struct {
	Name string
	Of   X
}

// ByName returns the attributes of the settings in the order of their names.
func ByName[X any](settings map[string]X) []Attribute[X] {
	list := make([]Attribute[X], 0, len(settings))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		list = append(list, Attribute[X]{name, settings[name]})
	}
	return list
}

// CheckAttributes reports what is wrong with attributes in the settings of a sink,
// of which taker keeps [MaxAttributes]. With label there is leat's own beside them.
func CheckAttributes[X any](settings map[string]X, empty func(X) bool, label bool, taker string) (errs []error) {
	room := MaxAttributes
	if label {
		room--
	}
	if len(settings) > room {
		errs = append(errs, fmt.Errorf("has %d attributes and %s takes %d, of which leat's own is one unless label is false", len(settings), taker, MaxAttributes))
	}
	for _, a := range ByName(settings) {
		err := CheckName(a.Name)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%q cannot be the name of an attribute: %w", a.Name, err))
		case label && strings.EqualFold(a.Name, LabelName):
			errs = append(errs, fmt.Errorf("%s is set by leat itself: choose another name, or label: false", a.Name))
		case empty(a.Of):
			errs = append(errs, fmt.Errorf("%s has no expression", a.Name))
		}
	}
	return errs
}
