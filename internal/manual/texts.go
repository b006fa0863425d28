package manual

import (
	_ "embed" // texts.json
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// Module is what the import paths of our packages begin with.
const Module = "github.com/leat-io/leat/"

// Texts are comments and examples. Packages go by their path below [Module], types by
// that, a dot and their name, fields by that, a dot and theirs.
type Texts struct {
	Packages map[string]string    `json:"packages"`
	Types    map[string]string    `json:"types"`
	Fields   map[string]string    `json:"fields"`
	Examples map[string][]Example `json:"examples"`
}

//go:embed texts.json
var embedded []byte

// Embedded returns the texts of the program. What it does not have is empty: the
// comments of packages that are not ours.
var Embedded = sync.OnceValue(func() *Texts {
	t := &Texts{}
	if err := json.Unmarshal(embedded, t); err != nil {
		panic("manual: texts.json: " + err.Error()) // a test reads it
	}
	return t
})

// Folder is where a package is: the folder in the repository if it is ours.
func Folder(t reflect.Type) string { return strings.TrimPrefix(t.PkgPath(), Module) }

// about is the comment of a package without its usual first words.
func (t *Texts) about(folder string) string {
	text := t.Packages[folder]
	if rest, ok := strings.CutPrefix(text, "Package "); ok {
		_, rest, _ = strings.Cut(rest, " ")
		text = capital(rest)
	}
	return text
}

// behaviour is what the comment of a settings type says beyond its first paragraph,
// which only says whose settings they are.
func (t *Texts) behaviour(settings reflect.Type) string {
	_, rest, _ := strings.Cut(t.Types[Folder(settings)+"."+settings.Name()], "\n\n")
	return strings.TrimSpace(rest)
}

// Field returns what a setting means. The field may stand in another struct that the
// settings take over.
func (t *Texts) Field(settings reflect.Type, index []int) string {
	declared := settings
	for _, i := range index[:len(index)-1] {
		declared = declared.Field(i).Type
	}
	name := declared.Field(index[len(index)-1]).Name
	return sentence(t.Fields[Folder(declared)+"."+declared.Name()+"."+name], name)
}

// sentence takes the name of the field from the beginning of its comment, as in "Max is
// how many", because a user knows the setting by another.
func sentence(text, name string) string {
	rest, ok := strings.CutPrefix(text, name+" ")
	verb, more, _ := strings.Cut(rest, " ")
	switch {
	case !ok:
		return text
	case verb == "is" || verb == "are":
		return capital(more)
	case len(verb) > 2 && strings.HasSuffix(verb, "s"):
		return capital(rest)
	}
	return text
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
