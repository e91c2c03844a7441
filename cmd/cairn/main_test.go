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

// update makes the tests write the golden files instead of comparing them.
var update = flag.Bool("update", false, "write the golden files of testdata")

// TestRun compares the output and the exit code of the command with testdata/NAME.golden.
func TestRun(t *testing.T) {
	t.Parallel()
	const valid = "version: 1\njourneys: [{name: a}]\n"
	for _, c := range []struct {
		name, reason, stdin string
		args                []string
		code                int
	}{
		{"nothing", "a command is required", "", nil, exitUsage},
		{"help", "the command help", "", []string{"help"}, exitOK},
		{"help-flag", "the short flag", "", []string{"-h"}, exitOK},
		{"help-long-flag", "the long flag", "", []string{"--help"}, exitOK},
		{"version", "the command version", "", []string{"version"}, exitOK},
		{"version-flag", "the flag", "", []string{"--version"}, exitOK},
		{"unknown", "the command does not exist", "", []string{"validte"}, exitUsage},
		{"valid", "a valid blueprint", "", []string{"validate", "testdata/shop.yaml"}, exitOK},
		{"mistakes", "one run reports all problems", "", []string{"validate", "testdata/mistakes.yaml"}, exitFault},
		{"valid-breakdowns", "a blueprint with breakdowns", "", []string{"validate", "testdata/breakdowns.yaml"}, exitOK},
		{"both", "one file is invalid", "", []string{"validate", "testdata/mistakes.yaml", "testdata/shop.yaml"}, exitFault},
		{"stdin", "a blueprint from the standard input", valid, []string{"validate", "-"}, exitOK},
		{"stdin-mistake", "the standard input has a name in messages", "version: 2\n", []string{"validate", "-"}, exitFault},
		{"missing-file", "the file does not exist", "", []string{"validate", "testdata/none.yaml"}, exitFault},
		{"help-replay", "the help of one command", "", []string{"help", "replay"}, exitOK},
		{"help-unknown", "the command does not exist", "", []string{"help", "reply"}, exitUsage},
		{"help-twice", "help explains one command", "", []string{"help", "replay", "init"}, exitUsage},
		{"unknown-flag", "the message suggests a flag", "", []string{"--verison"}, exitUsage},
		{"flag-value", "the flag has no value", "", []string{"replay", "--blueprint"}, exitUsage},
		{"flag-bool", "messages write flags with two dashes", "", []string{"replay", "--json=maybe", "x"}, exitUsage},
		{"version-argument", "the command takes no argument", "", []string{"version", "x"}, exitUsage},
		{"version-help", "every command has --help", "", []string{"version", "--help"}, exitOK},
		{"validate-nothing", "a file is required", "", []string{"validate"}, exitUsage},
		{"validate-help", "every command has -h", "", []string{"validate", "-h"}, exitOK},
		{"validate-flag", "the flag does not exist", "", []string{"validate", "-strict", "x"}, exitUsage},
		{"generate-help", "every command has --help", "", []string{"generate", "--help"}, exitOK},
		{"generate-nothing", "a blueprint is required", "", []string{"generate"}, exitUsage},
		{"generate-nowhere", "a folder is required", "", []string{"generate", "-b", "testdata/shop.yaml"}, exitUsage},
		{"generate-unknown", "the message suggests what was meant", "", []string{"generate", "prometeus", "-b", "testdata/shop.yaml", "-o", "x"}, exitUsage},
		{"generate-match", "a label needs a value", "", []string{"generate", "--match", "namespace"}, exitUsage},
		{"generate-missing", "a blueprint that cannot be read makes no files", "", []string{"generate", "-b", "testdata/none.yaml", "-o", "testdata/none/none"}, exitFault},
		{"generate-label", "a label that is none makes no files", "", []string{"generate", "-b", "testdata/shop.yaml", "-o", "testdata/none/none", "--match", "a b=c"}, exitFault},
		{"followups-help", "every command has --help", "", []string{"followups", "--help"}, exitOK},
		{"contacts-help", "every command has --help", "", []string{"contacts", "--help"}, exitOK},
		{"init-openslo", "SLOs of another tool; one cannot be an objective", "", []string{"init", "--openslo", "testdata/foreign.openslo.yaml"}, exitDoubt},
		{"init-openslo-log", "a draft is of one thing", "", []string{"init", "--openslo", "-", "log.csv"}, exitUsage},
		{"init-openslo-none", "the file does not exist", "", []string{"init", "--openslo", "testdata/none.yaml"}, exitFault},
		{"init-openslo-other", "the file is a blueprint", valid, []string{"init", "--openslo", "-"}, exitFault},
		{"status-nowhere", "a server is required", "", []string{"status", "-b", "testdata/shop.yaml"}, exitUsage},
		{"status-nothing-named", "both are required", "", []string{"status"}, exitUsage},
		{"status-help", "every command has --help", "", []string{"status", "--help"}, exitOK},
		{"backtest-help", "every command has --help", "", []string{"backtest", "--help"}, exitOK},
		{"match", "what becomes of the spans of a service", "", []string{"match", "-b", "testdata/match/blueprint.yaml", "testdata/match/spans.json"}, exitOK},
		{"match-json", "the same for a program", "", []string{"match", "-b", "testdata/match/blueprint.yaml", "--json", "testdata/match/spans.json"}, exitOK},
		{"match-events", "the events themselves", "", []string{"match", "-b", "testdata/match/blueprint.yaml", "--events", "testdata/match/spans.json"}, exitOK},
		{"match-refused", "a client refuses the IDs of these runs", spansOfCarts("a\\u0000b", strings.Repeat("x", 129), "c-1"), []string{"match", "-b", "testdata/match/blueprint.yaml", "-"}, exitOK},
		{"match-help", "every command has --help", "", []string{"match", "--help"}, exitOK},
		{"match-nothing", "a blueprint is required", "", []string{"match", "x"}, exitUsage},
		{"match-no-spans", "spans are required", "", []string{"match", "-b", "testdata/shop.yaml"}, exitUsage},
		{"match-both", "one answer at a time", "", []string{"match", "-b", "testdata/shop.yaml", "--json", "--events", "-"}, exitUsage},
		{"match-no-rules", "a blueprint without rules matches nothing", "", []string{"match", "-b", "testdata/shop.yaml", "-"}, exitFault},
		{"match-other", "the file is no OTLP JSON", "name,kind\n", []string{"match", "-b", "testdata/match/blueprint.yaml", "-"}, exitFault},
		{"match-console", "what the console exporter of an SDK prints has no spans of OTLP", `{"Name":"POST /cart","SpanContext":{"TraceID":"01"},"SpanKind":2}` + "\n", []string{"match", "-b", "testdata/match/blueprint.yaml", "-"}, exitOK},
		{
			"match-already", "a service that applies the rules has described its spans", `{"resourceSpans":[{"scopeSpans":[{"spans":[` +
				`{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"POST /cart","kind":2,"attributes":[{"key":"cart.id","value":{"stringValue":"c1"}},{"key":"cx.touchpoint.name","value":{"stringValue":"open-cart"}}]}]}]}]}`,
			[]string{"match", "-b", "testdata/match/blueprint.yaml", "-"},
			exitOK,
		},
		{"match-stdin", "both from the standard input", "", []string{"match", "-b", "-", "-"}, exitUsage},
		{"schema-help", "every command has --help", "", []string{"schema", "--help"}, exitOK},
		{"schema-argument", "the command takes no argument", "", []string{"schema", "x"}, exitUsage},
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

// TestHelpNamesAllFlags: the general help and the help of each command list every flag with two dashes, for
// every way to ask for help.
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
				t.Errorf("cairn %s %s differs from cairn help %s:\n%s", cmd.name, ask, cmd.name, cmp.Diff(mine, got))
			}
		}
		cmd.usage().VisitAll(func(f *flag.Flag) {
			flags++
			want, line := "--"+f.Name, "\n  --"+f.Name
			if len(f.Name) == 1 { // beside the flag that it is short for
				want, line = ", -"+f.Name, ", -"+f.Name+" "
			}
			if !strings.Contains(mine, line) || !strings.Contains(all, want) {
				t.Errorf("the help lacks %s of cairn %s", want, cmd.name)
			}
		})
		if one := regexp.MustCompile(`(?m)^ +-[a-z]`).FindString(strings.ReplaceAll(mine, "--help, -h", "")); one != "" {
			t.Errorf("the help of cairn %s writes a flag with one dash: %q", cmd.name, one)
		}
	}
	if flags < 20 {
		t.Errorf("the help has only %d flags", flags)
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
		t.Errorf("run go test -update and check the difference (-file +output):\n%s", diff)
	}
}

// TestSchema: the command prints the schema of package yaml, and fails if it cannot write.
func TestSchema(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"schema"}, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("the exit code is %d: %s", code, &stderr)
	}
	if !bytes.Equal(stdout.Bytes(), yaml.Schema()) || !json.Valid(stdout.Bytes()) {
		t.Error("the schema differs from that of package yaml")
	}
	if code := run(context.Background(), []string{"schema"}, nil, full{}, &stderr); code != exitFault || !strings.Contains(stderr.String(), "full") {
		t.Errorf("on a full disk the exit code is %d: %s", code, &stderr)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

// TestStops: validate stops between two files when the context is cancelled.
func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	broken := iotest.ErrReader(errors.New("validate read behind the cancellation"))
	if code := run(ctx, []string{"validate", "-"}, broken, &stdout, &stderr); code != exitFault || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("the exit code is %d: %s", code, &stderr)
	}
}

// spansOfCarts returns OTLP JSON of a span that opens a cart, for each ID of a cart as it is in JSON.
func spansOfCarts(ids ...string) string {
	spans := make([]string, len(ids))
	for i, id := range ids {
		spans[i] = fmt.Sprintf(`{"traceId":"0123456789abcdef0123456789abcdef","spanId":"%016x","name":"POST /cart","kind":2,"attributes":[{"key":"cart.id","value":{"stringValue":"%s"}}]}`, i+1, id)
	}
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + `]}]}]}`
}
