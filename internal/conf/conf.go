// Package conf reads settings from YAML strictly and remembers where each of
// them was written.
//
// [Parse] turns one or more files into a tree of [Node]: it expands ${VAR} and
// ${file:/path}, and lets later files add to and replace what earlier ones say.
// [Decode] fills Go structs from that tree. Neither stops at the first mistake:
// everything found goes into [Problems], which prints each with its file, line
// and column, the line itself and what to do about it.
//
// Values that come from the environment or from a file are not printed. A
// problem quotes the text as it was written, such as ${TOKEN}, never what that
// stands for.
package conf

// Lookup finds the value of an environment variable, as os.LookupEnv does.
// A nil Lookup knows no variables.
type Lookup func(name string) (string, bool)

// ReadFile reads the file named in ${file:…}, as os.ReadFile does. With a nil
// ReadFile every ${file:…} is a problem.
type ReadFile func(path string) ([]byte, error)

// Source is one file of settings. Name is only printed, never opened.
type Source struct {
	Name string
	Data []byte
}

const (
	maxFileSize = 1 << 20
	maxDepth    = 100

	// maxAliasNodes bounds what *aliases may copy, all of a file together. A
	// few nested aliases can stand for billions of nodes.
	maxAliasNodes = 20_000
)
