// Package docs_test checks the documents for people: their links lead to existing files, and the code that they
// show compiles.
package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// documents returns the paths of every Markdown file.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != root:
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 5 {
		t.Fatalf("found only %d documents: %q", len(out), out)
	}
	return out
}

var link = regexp.MustCompile(`\]\(([^)]+)\)|src="([^"]+)"`)

// TestLinks: the target of each link inside the repository exists.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) { // code has brackets of its own
			target, _, _ := strings.Cut(m[1]+m[2], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, target)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\b(TODO|TBD|FIXME|[A-Z]+_TABLE)\b`)

// TestNothingIsLeftToFillIn finds placeholders that remain in a document.
func TestNothingIsLeftToFillIn(t *testing.T) {
	t.Parallel()
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if m := placeholder.Find(text); m != nil {
			t.Errorf("%s still has the placeholder %s", path, m)
		}
	}
}

var block = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestShownCode: each block of Go that a page shows stands in a file that is compiled.
func TestShownCode(t *testing.T) {
	t.Parallel()
	for page, files := range map[string][]string{
		"README.md":              {"examples/quickstart/main.go", "examples/console/main.go"},
		"docs/instrument.md":     {"examples/quickstart/main.go", "internal/docs/promise_test.go", "internal/docs/policytest_test.go"},
		"docs/contact.md":        {"internal/docs/contact_test.go"},
		"docs/mail.md":           {"cx/insight/mail/example_test.go"},
		"docs/console.md":        {"internal/docs/console_test.go", "examples/console/main.go"},
		"docs/console-signin.md": {"cx/console/oidc/example_test.go"},
		"docs/support.md":        {"internal/docs/support_test.go"},
		"docs/feedback.md":       {"internal/docs/feedback_test.go", "feedback/intake/example_test.go"},
		"examples/support/README.md": {
			"examples/support/desk/live.go", "examples/support/desk/employee.go", "examples/support/desk/callback.go", "examples/support/desk/social.go",
		},
		"docs/reach.md": {
			"touchpoint/cxchi/example_test.go", "touchpoint/cxecho/example_test.go", "touchpoint/cxgin/example_test.go",
		},
		"docs/functions.md": {"examples/functions/flush.go", "examples/functions/main.go"},
		"docs/sink.md":      {"examples/extend/linesink/linesink.go", "examples/extend/linesink/linesink_test.go"},
		"docs/processor.md": {"examples/extend/failures/failures.go", "examples/extend/failures/failures_test.go"},
		"docs/store.md":     {"examples/extend/filestore/filestore.go", "examples/extend/filestore/filestore_test.go"},
	} {
		var source []byte
		for _, file := range files {
			part, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			source = append(source, part...)
		}
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		blocks := block.FindAllSubmatch(text, -1)
		if len(blocks) == 0 {
			t.Fatalf("%s shows no Go, want code of %s", page, file)
		}
		for i, b := range blocks {
			if !bytes.Contains(source, b[1]) {
				t.Errorf("block %d of %s does not stand in %q:\n%s", i+1, page, files, b[1])
			}
		}
	}
}

// TestGodocOfPackages: every folder of Go code has a package comment.
func TestGodocOfPackages(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{
		"cx", "cx/event", "cx/telemetry", "cx/telemetry/semconv", "cx/cxslog", "cx/cxtest", "cx/otelsetup",
		"journey", "touchpoint", "feedback", "exporters", "exporters/stdout",
	} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			said = said || strings.Contains(string(text), "\n// Package "+filepath.Base(dir)+" ") ||
				strings.HasPrefix(string(text), "// Package "+filepath.Base(dir)+" ")
		}
		if !said {
			t.Errorf("%s has no package comment", dir)
		}
	}
}
