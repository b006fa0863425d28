package testfile

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// FileResults are the results of the tests of a file, or why there are none.
type FileResults struct {
	Path    string
	Results []*Result
	Err     error
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes results in the format that CI systems read.
func JUnit(files []FileResults) ([]byte, error) {
	var all junitSuites
	var took time.Duration
	for _, f := range files {
		s := f.suite()
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
		for _, r := range f.Results {
			took += r.Took
		}
	}
	all.Time = seconds(took)
	text, err := xml.MarshalIndent(all, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

func (f FileResults) suite() junitSuite {
	s := junitSuite{Name: f.Path}
	var took time.Duration
	for _, r := range f.Results {
		c := junitCase{Class: f.Path, Name: r.Test.Name, File: f.Path, Time: seconds(r.Took)}
		if len(r.Failures) > 0 {
			c.Failure = &junitFailure{r.Failures[0].At + ": " + r.Failures[0].What, r.text()}
			s.Failures++
		}
		took += r.Took
		s.Cases = append(s.Cases, c)
	}
	if f.Err != nil {
		s.Errors++
		first, _, _ := strings.Cut(f.Err.Error(), "\n")
		s.Cases = append(s.Cases, junitCase{Class: f.Path, Name: "the file", File: f.Path, Time: seconds(0), Error: &junitFailure{first, f.Err.Error()}})
	}
	s.Tests, s.Time = len(s.Cases), seconds(took)
	return s
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// text is what is wrong, as it is printed.
func (r *Result) text() string {
	var b strings.Builder
	for _, f := range r.Failures {
		b.WriteString(f.At + ": " + f.What + "\n")
		for _, line := range f.Lines {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}
