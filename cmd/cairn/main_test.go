package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// update says that the golden files are written instead of compared.
var update = flag.Bool("update", false, "write the golden files of testdata")

// TestRun holds what the command says, and its exit code, against testdata/NAME.golden.
func TestRun(t *testing.T) {
	t.Parallel()
	const valid = "version: 1\njourneys: [{name: a}]\n"
	for _, c := range []struct {
		name, reason, stdin string
		args                []string
		code                int
	}{
		{"nothing", "what is asked for?", "", nil, exitUsage},
		{"help", "asked for", "", []string{"help"}, exitOK},
		{"help-flag", "as most ask", "", []string{"-h"}, exitOK},
		{"help-long-flag", "as others ask", "", []string{"--help"}, exitOK},
		{"version", "asked for", "", []string{"version"}, exitOK},
		{"version-flag", "as others ask", "", []string{"--version"}, exitOK},
		{"unknown", "no such command", "", []string{"validte"}, exitUsage},
		{"valid", "a blueprint", "", []string{"validate", "testdata/shop.yaml"}, exitOK},
		{"mistakes", "all of them at once", "", []string{"validate", "testdata/mistakes.yaml"}, exitFault},
		{"both", "one is wrong", "", []string{"validate", "testdata/mistakes.yaml", "testdata/shop.yaml"}, exitFault},
		{"stdin", "a blueprint from elsewhere", valid, []string{"validate", "-"}, exitOK},
		{"stdin-mistake", "it has a name, too", "version: 2\n", []string{"validate", "-"}, exitFault},
		{"missing-file", "nothing to look at", "", []string{"validate", "testdata/none.yaml"}, exitFault},
		{"help-replay", "as it is asked for elsewhere", "", []string{"help", "replay"}, exitOK},
		{"help-unknown", "no such command", "", []string{"help", "reply"}, exitUsage},
		{"help-twice", "of which?", "", []string{"help", "replay", "init"}, exitUsage},
		{"unknown-flag", "it is named with what was meant", "", []string{"--verison"}, exitUsage},
		{"flag-value", "a flag without its value", "", []string{"replay", "--blueprint"}, exitUsage},
		{"flag-bool", "two dashes, whatever is wrong", "", []string{"replay", "--json=maybe", "x"}, exitUsage},
		{"version-argument", "of what?", "", []string{"version", "x"}, exitUsage},
		{"version-help", "as everywhere", "", []string{"version", "--help"}, exitOK},
		{"validate-nothing", "which file?", "", []string{"validate"}, exitUsage},
		{"validate-help", "asked for", "", []string{"validate", "-h"}, exitOK},
		{"validate-flag", "no such flag", "", []string{"validate", "-strict", "x"}, exitUsage},
		{"schema-help", "asked for", "", []string{"schema", "--help"}, exitOK},
		{"schema-argument", "of what?", "", []string{"schema", "x"}, exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), c.args, strings.NewReader(c.stdin), &stdout, &stderr)
			if code != c.code {
				t.Errorf("the exit code is %d, want %d: %s", code, c.code, c.reason)
			}
			golden(t, c.name, fmt.Sprintf("$ cairn %s\n%s--- stderr\n%s--- exit code %d\n", strings.Join(c.args, " "), &stdout, &stderr, code))
		})
	}
}

// TestHelpNamesAllFlags: the help of the whole and of each command has every flag, with two dashes, however it is
// asked for.
func TestHelpNamesAllFlags(t *testing.T) {
	t.Parallel()
	say := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, %s", args, code, &stderr)
		}
		return stdout.String()
	}
	all := say("--help")
	flags := 0
	for _, cmd := range commands() {
		mine := say("help", cmd.name)
		for _, ask := range []string{"-h", "-help", "--help"} {
			if got := say(cmd.name, ask); got != mine {
				t.Errorf("cairn %s %s says something else than cairn help %s:\n%s", cmd.name, ask, cmd.name, cmp.Diff(mine, got))
			}
		}
		cmd.usage().VisitAll(func(f *flag.Flag) {
			flags++
			if want := "--" + f.Name; !strings.Contains(mine, "  "+want) || !strings.Contains(all, want) {
				t.Errorf("%s of cairn %s is not in the help", want, cmd.name)
			}
		})
		if one := regexp.MustCompile(`(?m)^ +-[a-z]`).FindString(strings.ReplaceAll(mine, "--help, -h", "")); one != "" {
			t.Errorf("cairn %s has a flag with one dash: %q", cmd.name, one)
		}
	}
	if flags < 20 {
		t.Errorf("only %d flags were found", flags)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("run go test -update and look at the difference (-file +said):\n%s", diff)
	}
}

// TestSchema prints what the library says, and fails where it cannot.
func TestSchema(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"schema"}, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("the exit code is %d: %s", code, &stderr)
	}
	if !bytes.Equal(stdout.Bytes(), yaml.Schema()) || !json.Valid(stdout.Bytes()) {
		t.Error("it is another schema")
	}
	if code := run(context.Background(), []string{"schema"}, nil, full{}, &stderr); code != exitFault || !strings.Contains(stderr.String(), "full") {
		t.Errorf("on a full disk the exit code is %d: %s", code, &stderr)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// TestStops between two files when it is told to.
func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	broken := iotest.ErrReader(errors.New("nobody reads this"))
	if code := run(ctx, []string{"validate", "-"}, broken, &stdout, &stderr); code != exitFault || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("the exit code is %d: %s", code, &stderr)
	}
}
