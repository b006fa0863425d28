package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// expander replaces ${VAR}, ${VAR:-default} and ${file:/path} in values. $${ is
// a literal ${.
type expander struct {
	env  Lookup
	read ReadFile
	p    *Problems
}

// piece is a text that came from outside the file, and the reference it
// replaced.
type piece struct{ value, ref string }

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// scalar expands n. All references in it are tried, so that all that are
// missing are reported at once.
func (e *expander) scalar(n *Node) {
	var out strings.Builder
	rest := n.Raw
	for {
		start := strings.Index(rest, "${")
		if start < 0 {
			break
		}
		if start > 0 && rest[start-1] == '$' {
			out.WriteString(rest[:start-1] + "${")
			rest = rest[start+2:]
			continue
		}
		out.WriteString(rest[:start])
		rest = rest[start:]
		size := e.reference(n, len(n.Raw)-len(rest), &out)
		rest = rest[size:]
	}
	out.WriteString(rest)
	n.Value = out.String()
	if n.broken {
		n.Value = n.Raw
	}
}

// reference writes what the ${…} at offset stands for, and returns the length
// of the reference.
func (e *expander) reference(n *Node, offset int, out *strings.Builder) int {
	text := n.Raw[offset:]
	end := strings.IndexByte(text, '}')
	if end < 0 {
		e.problem(n, offset, `"${" is not closed with "}"`).Hint = "write $${ for a literal ${"
		return len(text)
	}
	ref, inner := text[:end+1], text[2:end]
	if path, isFile := strings.CutPrefix(inner, "file:"); isFile {
		e.file(n, offset, ref, path, out)
		return len(ref)
	}
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	if !variable.MatchString(name) {
		e.problem(n, offset, fmt.Sprintf("%s is not a variable", quote(ref))).
			Hint = "use ${NAME}, ${NAME:-default} or ${file:/path}, and $${ for a literal ${"
		return len(ref)
	}
	value, defined := e.lookup(name)
	switch {
	case hasFallback && value == "":
		out.WriteString(fallback)
	case !defined:
		e.problem(n, offset, fmt.Sprintf("undefined variable %s: set it in the environment, or give a default: ${%s:-…}", name, name))
	default:
		out.WriteString(value)
		n.pieces = append(n.pieces, piece{value, ref})
	}
	return len(ref)
}

func (e *expander) lookup(name string) (string, bool) {
	if e.env == nil {
		return "", false
	}
	return e.env(name)
}

func (e *expander) file(n *Node, offset int, ref, path string, out *strings.Builder) {
	data, err := e.readFile(path)
	if err != nil {
		e.problem(n, offset, fmt.Sprintf("cannot read %s: %v", quote(ref), err)).
			Hint = "give the path of a file this process may read"
		return
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	out.WriteString(value)
	n.pieces = append(n.pieces, piece{value, ref})
}

func (e *expander) readFile(path string) ([]byte, error) {
	switch {
	case path == "":
		return nil, errors.New("there is no path in it")
	case strings.Contains(path, "${"):
		return nil, errors.New("a path cannot hold another ${")
	case e.read == nil:
		return nil, errors.New("files are not read here")
	}
	data, err := e.read(path)
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return nil, pathError.Err // the path is in the reference already
	}
	return data, err
}

func (e *expander) problem(n *Node, offset int, msg string) *Problem {
	n.broken = true
	problem := e.p.add(n.At(offset), msg)
	n.unread = append(n.unread, problem)
	return problem
}
