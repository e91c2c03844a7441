package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// generated runs generate for testdata/shop.yaml, and returns what it said and the files below the folder.
func generated(t *testing.T, out string, args ...string) (said string, files map[string]string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"generate", "--blueprint", "testdata/shop.yaml", "--out", out}, args...)
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	files = map[string]string{}
	if err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(out, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return stdout.String(), files
}

// TestGenerate: a second run writes the same files, removes what an earlier one has left, and touches nothing else.
func TestGenerate(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "new", "folder")
	said, first := generated(t, out)
	for _, want := range []string{
		"prometheus/checkout-completes.rules.yaml", "prometheus/checkout-completes.alerts.test.yaml", "prometheus/customers-satisfied.rules.yaml",
		"prometheus/checkout-confirmed.rules.yaml", "prometheus/_sdk.rules.yaml", "alertmanager/alertmanager.yaml",
	} {
		text := first[want]
		if !strings.HasPrefix(text, "# Made by cairn generate from shop.yaml. ") {
			t.Errorf("%s begins with %.80q", want, text)
		}
	}
	if !strings.Contains(said, "promtool test rules "+filepath.Join(out, "prometheus")+"/*.test.yaml") {
		t.Errorf("it does not say how to check the files: %s", said)
	}
	left := map[string]string{
		"prometheus/gone.rules.yaml": "# Made by cairn generate from shop.yaml. Do not edit\n",
		"prometheus/own.rules.yaml":  "groups: []\n",
		"prometheus/README.md":       "# Made by cairn generate, said a person\n",
	}
	for name, text := range left {
		if err := os.WriteFile(filepath.Join(out, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said, again := generated(t, out)
	if !strings.Contains(said, "removed gone.rules.yaml") {
		t.Errorf("it does not say what it removed: %s", said)
	}
	for name, text := range left {
		if name != "prometheus/gone.rules.yaml" {
			first[name] = text
		}
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
}

// TestGenerateOne: an argument names what to generate, and the flags reach the files.
func TestGenerateOne(t *testing.T) {
	t.Parallel()
	_, files := generated(t, t.TempDir(), "prometheus", "--match", "namespace=production", "--scrape", "1m", "--pages", "https://wiki.example/")
	if _, other := files["alertmanager/alertmanager.yaml"]; other {
		t.Error("it wrote the routes, too")
	}
	rules := files["prometheus/checkout-completes.rules.yaml"]
	for _, want := range []string{`namespace="production"`, "at most 1m.", `journey_page: "https://wiki.example/checkout.md"`} {
		if !strings.Contains(rules, want) {
			t.Errorf("the rules do not have %s", want)
		}
	}
}

// TestGenerateCannotWrite: a folder that cannot be is an error with its path.
func TestGenerateCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"generate", "-b", "testdata/shop.yaml", "-o", file}, nil, &stdout, &stderr)
	if code != exitFault || !strings.Contains(stderr.String(), file) || !strings.HasPrefix(stderr.String(), "cairn generate: prometheus: make the folder:") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// TestGenerateLeavesOthersAlone: a file that generate did not make is not overwritten, whatever it is, and then nothing is written at all.
func TestGenerateLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(path string) error{
		"written by hand": func(path string) error { return os.WriteFile(path, []byte("groups: []\n"), 0o600) },
		"a folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"a device":        func(path string) error { return os.Symlink(os.DevNull, path) },
	} {
		for _, file := range []string{
			"prometheus/_sdk.rules.yaml", "alertmanager/alertmanager.yaml", "grafana/journeys.json", "openslo/objectives.openslo.yaml",
			"go/experience/experience.go", "pages/journeys.md",
		} {
			dir := t.TempDir()
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := place(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"generate", "-b", "testdata/shop.yaml", "-o", dir}, nil, &stdout, &stderr)
			if code != exitFault || !strings.Contains(stderr.String(), path+" is in the way") || stdout.Len() > 0 {
				t.Errorf("%s, %s: exit code %d: %s%s", file, name, code, &stderr, &stdout)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Errorf("%s, %s: it has become %.60q", file, name, after)
			}
		}
	}
}

// TestGenerateAgain: what generate made it replaces, and what an earlier version left empty, too. It leaves nothing else behind.
func TestGenerateAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	generate := func() (files []string) {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"generate", "-b", "testdata/shop.yaml", "-o", dir}, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files = append(files, path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return files
	}
	first := generate()
	if err := os.WriteFile(first[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if again := generate(); !slices.Equal(first, again) {
		t.Errorf("the files were %q and are %q", first, again)
	}
	if info, err := os.Stat(first[0]); err != nil || info.Size() == 0 {
		t.Errorf("%s is empty: %v", first[0], err)
	}
}

// TestGenerateOntoAFullDisk: if a file cannot be written, those of the run before are as they were. A folder in the place of the second
// file's new text stands for the full disk.
func TestGenerateOntoAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"generate", "prometheus", "-b", "testdata/shop.yaml", "-o", dir}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "prometheus", "*.rules.yaml"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("there are the files %q: %v", paths, err)
	}
	const old = "# Made by cairn generate, before\n"
	for _, p := range paths {
		if err := os.WriteFile(p, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(paths[len(paths)-1]+stagedSuffix, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitFault || !strings.Contains(stderr.String(), "write a file: ") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	for _, p := range paths {
		if text, err := os.ReadFile(p); err != nil || string(text) != old {
			t.Errorf("%s has become %.80q: %v", p, text, err)
		}
	}
}

// TestGenerateBreakdowns: the alert about breakdowns is for a blueprint that has them, and goes to the owner of the section.
func TestGenerateBreakdowns(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil && os.Getenv("CAIRN_NO_SKIP") == "1" {
		t.Fatal("promtool is not in PATH: install the package prometheus")
	}
	for _, file := range []string{"testdata/breakdowns.yaml", "testdata/shop.yaml"} {
		dir := t.TempDir()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"generate", "prometheus", "alertmanager", "-b", file, "-o", dir}, nil, &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		rules, err := os.ReadFile(filepath.Join(dir, "prometheus", "_breakdowns.rules.yaml"))
		if file == "testdata/shop.yaml" {
			if err == nil {
				t.Error("a blueprint without breakdowns has their rules")
			}
			continue
		}
		if err != nil || !strings.Contains(string(rules), "alert: CairnBreakdownOverdue") || !strings.Contains(string(rules), `owner: "team-product"`) {
			t.Errorf("the rules are %s, %v", rules, err)
		}
		routes, err := os.ReadFile(filepath.Join(dir, "alertmanager", "alertmanager.yaml"))
		if err != nil || !strings.Contains(string(routes), "team-product-ticket") {
			t.Errorf("the routes do not have the owner of the breakdowns: %s, %v", routes, err)
		}
		if promtool == "" {
			continue // the package rules says so
		}
		if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", filepath.Join(dir, "prometheus", "_breakdowns.alerts.test.yaml")).CombinedOutput(); err != nil {
			t.Errorf("promtool: %v\n%s", err, out)
		}
	}
}
