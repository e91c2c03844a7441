package servers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var binaryTests = []struct {
	name   string
	reason string
	named  string // value of the environment variable, below the temporary directory
	have   []string
	cached bool
	noSkip string

	want      string // path of the executable, below the temporary directory
	wantSkip  string
	wantFatal string
}{
	{
		name:   "variable before PATH",
		reason: "a variable is a more deliberate choice",
		named:  "own/tool", have: []string{"own/tool", "path/tool"},
		want: "own/tool",
	},
	{
		name:   "PATH before cache",
		reason: "an installed server is more likely the wanted one than an old build",
		have:   []string{"path/tool", "cache/cairn/bin/tool"}, cached: true,
		want: "path/tool",
	},
	{
		name:   "cache",
		reason: "the build puts it there",
		have:   []string{"cache/cairn/bin/tool"}, cached: true,
		want: "cache/cairn/bin/tool",
	},
	{
		name:   "cache of a server that is never built",
		reason: "no build puts it there",
		have:   []string{"cache/cairn/bin/tool"},
		// want: none
		wantSkip: "neither TEST_BINARY is set nor is tool in PATH. Get it.",
	},
	{
		name:   "none",
		reason: "the message has to say how to install it",
		cached: true, wantSkip: "cache/cairn/bin/tool is not an executable. Get it.",
	},
	{
		name:   "missing although required",
		reason: "a missing server on CI must not count as a success",
		noSkip: "1", cached: true, wantFatal: "cache/cairn/bin/tool is not an executable. Get it.",
	},
	{
		name:   "variable that names nothing",
		reason: "another executable would be another server than the requested one",
		named:  "own/tool", have: []string{"path/tool"},
		wantFatal: "TEST_BINARY=",
	},
}

func TestBinary(t *testing.T) {
	for _, test := range binaryTests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			makeExecutables(t, dir, test.have)
			t.Setenv("PATH", filepath.Join(dir, "path"))
			t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
			t.Setenv(noSkipEnv, test.noSkip)
			if test.named != "" {
				t.Setenv("TEST_BINARY", filepath.Join(dir, test.named))
			}
			if cache, err := os.UserCacheDir(); err != nil || cache != filepath.Join(dir, "cache") {
				Skip(t, "this system's cache directory cannot be set")
			}

			b := binary{title: "Tool", env: "TEST_BINARY", command: "tool", cached: test.cached, install: "Get it."}
			var got string
			r := record(t, func(t testing.TB) { got = b.require(t) })

			if want := test.want; want != "" && got != filepath.Join(dir, want) {
				t.Errorf("found %q, want %q below %s: %s", got, want, dir, test.reason)
			}
			check := func(what, got, want string) {
				t.Helper()
				if (got == "") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("%s with %q, want it to contain %q: %s", what, got, want, test.reason)
				}
			}
			check("skipped", r.skipped, test.wantSkip)
			check("failed", r.fatal, test.wantFatal)
		})
	}
}

// makeExecutables makes executable files below dir.
func makeExecutables(t *testing.T, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
}
