package docs_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var (
	shownEvents = regexp.MustCompile("(?s)<!-- what the quickstart prints -->\n```\n(.*?)```")
	curls       = regexp.MustCompile(`(?m)^curl -X POST '?localhost:8080(/[^'\s]*)`)
	replaces    = regexp.MustCompile(`(?m)^replace (\S+) => (\S+)$`)
)

// TestQuickstart follows docs/instrument.md as a new user does. It copies the page's code into a module of its
// own, builds it, sends the page's requests, and compares the events with those on the page.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs/instrument.md"))
	if err != nil {
		t.Fatal(err)
	}
	code, want := block.FindSubmatch(page), shownEvents.FindSubmatch(page)
	requests := curls.FindAllSubmatch(page, -1)
	if code == nil || want == nil || len(requests) < 3 {
		t.Fatal("docs/instrument.md lacks the quickstart, its requests or its output")
	}
	dir := newcomer(t, code[1])
	program := filepath.Join(dir, "shop")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the code of docs/instrument.md does not build: %v\n%s", err, out)
	}
	serve := exec.CommandContext(t.Context(), program, "-addr", "127.0.0.1:0")
	var events bytes.Buffer
	serve.Stdout = &events
	told, err := serve.StderrPipe()
	if err == nil {
		err = serve.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(told)
	line, err := lines.ReadString('\n')
	_, url, listens := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !listens {
		t.Fatalf("the first line is %q, %v, want its address", line, err)
	}
	for _, r := range requests {
		post(t, url+string(r[1]))
	}
	if err := serve.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(lines); len(rest) > 0 {
		t.Errorf("at the end it prints %s", rest)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("it exits with %v", err)
	}
	if got := journeyLines(t, events.Bytes()); got != string(want[1]) {
		t.Errorf("the quickstart prints\n%s\nand docs/instrument.md shows\n%s", got, want[1])
	}
}

// newcomer makes a module outside the repository that contains the code.
func newcomer(t *testing.T, code []byte) string {
	t.Helper()
	dir := t.TempDir()
	examples := filepath.Join(root, "examples")
	mod, err := os.ReadFile(filepath.Join(examples, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod = replaces.ReplaceAllFunc(mod, func(text []byte) []byte {
		m := replaces.FindSubmatch(text)
		path, err := filepath.Abs(filepath.Join(examples, string(m[2])))
		if err != nil {
			t.Fatal(err)
		}
		return []byte("replace " + string(m[1]) + " => " + filepath.ToSlash(path))
	})
	mod = bytes.Replace(mod, []byte("module cairncx.dev/cairn/examples\n"), []byte("module example.com/shop\n"), 1)
	sum, err := os.ReadFile(filepath.Join(examples, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"go.mod": mod, "go.sum": sum, "main.go": code} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func post(t *testing.T, url string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode == http.StatusNotFound || res.StatusCode >= http.StatusInternalServerError {
		t.Errorf("the response to %s is %s", url, res.Status)
	}
}

// journeyLines returns the output of the jq command in docs/instrument.md.
func journeyLines(t *testing.T, events []byte) string {
	t.Helper()
	var b strings.Builder
	for line := range bytes.Lines(events) {
		var e struct{ Kind, Stage, Outcome string }
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if strings.HasPrefix(e.Kind, "journey") {
			words := slices.DeleteFunc([]string{e.Kind, e.Stage, e.Outcome}, func(s string) bool { return s == "" })
			b.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	return b.String()
}
