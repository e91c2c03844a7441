package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tree returns the repository's files and folders, with slashes and without the root, as a set.
func tree(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == ".git" {
			return filepath.SkipDir
		}
		rel, err := filepath.Rel(root, p)
		all[filepath.ToSlash(rel)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// read returns the text of a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fence  = regexp.MustCompile("(?ms)^```.*?^```$")
	quoted = regexp.MustCompile("`([^`\n]+)`")
	// file is a name with the extension of a file of this repository. A name in capitals alone is a page.
	file = regexp.MustCompile(`^[\w./-]+\.(go|md|ya?ml|proto|sql|svg|html|css)$`)
	// folder is a path of folders, or of a folder and a Go name in it.
	folder = regexp.MustCompile(`^\.?/?[\w-]+(/[\w-]+)+(\.[A-Z]\w*)*/?$`)
)

// missing returns why the text in backticks is no path that exists, or "". The other texts in backticks are none.
func missing(all map[string]bool, said string) string {
	exists := func(p string) bool { return all[strings.TrimSuffix(strings.TrimPrefix(p, "./"), "/")] }
	for word := range strings.FieldsSeq(said) { // a command has its paths after a blank
		switch top, _, _ := strings.Cut(strings.TrimPrefix(word, "./"), "/"); {
		case file.MatchString(word):
			if !exists(word) && !slices.ContainsFunc(sortedKeys(all), func(p string) bool { return strings.HasSuffix(p, "/"+word) }) {
				return "no file has the name " + word
			}
		case folder.MatchString(word) && (all[top] || strings.HasPrefix(word, "./")):
			dir, name := path.Split(word)
			name, _, _ = strings.Cut(name, ".")
			if !exists(dir + name) {
				return "there is no " + dir + name
			}
		}
	}
	return ""
}

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// TestPathsExist: each path in backticks on the pages for people exists. A file may be named without its folder.
func TestPathsExist(t *testing.T) {
	t.Parallel()
	all := tree(t)
	pages := []string{"ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "README.md"}
	more, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(more) == 0 {
		t.Fatalf("no pages in docs: %v", err)
	}
	for _, p := range more {
		pages = append(pages, "docs/"+filepath.Base(p))
	}
	paths := 0
	for _, page := range pages {
		for _, m := range quoted.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			if file.MatchString(m[1]) || folder.MatchString(m[1]) {
				paths++
			}
			if why := missing(all, m[1]); why != "" {
				t.Errorf("%s names `%s`: %s", page, m[1], why)
			}
		}
	}
	if paths < 50 {
		t.Errorf("the pages name %d paths in backticks: the test recognises too few", paths)
	}
	for said, exists := range map[string]bool{
		"cx/record.go": true, "record.go": true, "cx/teller.go": false, "teller.go": false, "internal/track": true, "internal/tract": false,
		"exporters/sink.Turn": true, "cx/nothing.Turn": false, "go run ./examples/quickstart": true, "go run ./examples/none": false,
		"net/http": true, "cx.sdk.faults": true,
	} {
		if got := missing(all, said); (got == "") != exists {
			t.Errorf("%q: the test says %q, and it exists: %v", said, got, exists)
		}
	}
}

var (
	layoutLine = regexp.MustCompile(`^( {0,6})([\w./-]+/?(?:, [\w.-]+/?)*)(?:  +| modules?: |$)(.*)$`)
	layoutName = regexp.MustCompile(`\b([\w.-]+)/(?:[ ,:;]|$)`)
)

// layout returns the folders and files that the tree of ARCHITECTURE.md names. A line names those at its beginning, and folders
// below the first of them, or beside it, later in the text. An indentation of two is one level.
func layout(t *testing.T, all map[string]bool) map[string]bool {
	t.Helper()
	_, block, _ := strings.Cut(read(t, "ARCHITECTURE.md"), "```\njourney/")
	block, _, ok := strings.Cut("journey/"+block, "\n```")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no layout that begins with journey/")
	}
	named := map[string]bool{}
	above := []string{""}
	for line := range strings.Lines(block) {
		line = strings.TrimRight(line, "\n")
		rest := line
		if m := layoutLine.FindStringSubmatch(line); m != nil {
			level := len(m[1]) / 2
			if level >= len(above) {
				t.Fatalf("layout: %q is more than one level deeper than the line above", line)
			}
			above = above[:level+1]
			for i, name := range strings.Split(m[2], ", ") {
				p := path.Join(above[level], name)
				if !all[p] {
					t.Errorf("layout: there is no %s", p)
				}
				named[p] = true
				if i == 0 {
					above = append(above, p)
				}
			}
			rest = m[3]
		}
		for _, m := range layoutName.FindAllStringSubmatch(rest, -1) {
			last := above[len(above)-1]
			switch under, beside := path.Join(last, m[1]), path.Join(path.Dir(last), m[1]); {
			case all[under]:
				named[under] = true
			case all[beside]:
				named[beside] = true
			case !all[m[1]]:
				t.Errorf("layout: %q names %s/, which is neither in %s nor beside it", line, m[1], last)
			}
		}
	}
	return named
}

// TestLayout: the tree of ARCHITECTURE.md names each folder of the first two levels, each module, and what exists only.
func TestLayout(t *testing.T) {
	t.Parallel()
	all := tree(t)
	named := layout(t, all)
	want := map[string]bool{"internal/outdated": true}
	for p := range all {
		parts := strings.Split(p, "/")
		if strings.HasPrefix(p, ".") || slices.Contains(parts, "testdata") {
			continue
		}
		if strings.HasSuffix(p, ".go") {
			want[strings.Join(parts[:min(len(parts)-1, 2)], "/")] = true
		}
		if path.Base(p) == "go.mod" {
			want[path.Dir(p)] = true
		}
	}
	for _, p := range []string{"", ".", "cmd", "cmd/cairn/internal"} {
		delete(want, p)
	}
	for _, p := range sortedKeys(want) {
		if !named[p] {
			t.Errorf("the layout of ARCHITECTURE.md does not name %s", p)
		}
	}
}

var (
	rulePattern = regexp.MustCompile(`"\*\*/([\w./*-]+)/\*\.go"`)
	ruleFiles   = regexp.MustCompile(`(?ms)^        ([\w-]+):\n(?:          .*\n)*?          files:(.*?)\n          (?:list-mode|allow|deny):`)
)

// TestEveryPackageHasAnImportRule: a rule of depguard says what each package of the core and each sink and store may import. A
// new folder without a rule may import anything.
func TestEveryPackageHasAnImportRule(t *testing.T) {
	t.Parallel()
	free := map[string]string{
		"cx":                   "the client puts all parts together",
		"cx/cxtest":            "it is for tests, and imports the client",
		"cx/ledger/ledgertest": "it tests a store with the tracker",
		"cx/otelsetup":         "a module above the client",
		"cx/blueprint/yaml":    "a module above the blueprint",
	}
	var rules []*regexp.Regexp
	for _, m := range ruleFiles.FindAllStringSubmatch(read(t, ".golangci.yml"), -1) {
		if m[1] == "core-is-api-only" { // it says nothing of Cairn's own packages
			continue
		}
		for _, f := range rulePattern.FindAllStringSubmatch(m[2], -1) {
			rules = append(rules, regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(f[1]), `/\*\*`, `(/.*)?`)+"$"))
		}
	}
	if len(rules) < 15 {
		t.Fatalf("the test reads %d patterns of depguard", len(rules))
	}
	packages := map[string]bool{}
	for p := range tree(t) {
		top, _, _ := strings.Cut(p, "/")
		if strings.HasSuffix(p, ".go") && !strings.HasSuffix(p, "_test.go") && !strings.Contains(p, "/testdata/") &&
			slices.Contains([]string{"journey", "touchpoint", "feedback", "cx", "exporters", "internal"}, top) {
			packages[path.Dir(p)] = true
		}
	}
	tools := []string{"bench", "consumers", "docs", "e2e", "loopback", "mutate", "sample", "sdktest", "semconvgen", "testrun"} // tests and commands
	for _, p := range sortedKeys(packages) {
		below, internal := strings.CutPrefix(p, "internal/")
		tool, _, _ := strings.Cut(below, "/")
		has := slices.ContainsFunc(rules, func(r *regexp.Regexp) bool { return r.MatchString(p) })
		if exempt := free[p] != "" || internal && slices.Contains(tools, tool); has == exempt {
			t.Errorf("%s has a rule of depguard in .golangci.yml: %v, and is exempt here: %v: want one of both", p, has, exempt)
		}
	}
}
