package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"go.opentelemetry.io/otel"
)

// TestReplayCannotBegin: a flag's value that is only found to be wrong when it is used ends the command before it reads
// the log, and the message names the flag or the variable.
func TestReplayCannotBegin(t *testing.T) { //nolint:paralleltest // it sets the environment
	folder := t.TempDir()
	key := func(content string) string {
		path := filepath.Join(folder, "key"+content)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, c := range []struct {
		name  string
		args  []string
		attrs string // OTEL_RESOURCE_ATTRIBUTES
		want  string
	}{
		{"no such key file", []string{"--customer-key-file", filepath.Join(folder, "none")}, "", "--customer-key-file: "},
		{"an empty key", []string{"--customer-key-file", key("")}, "", "WithCustomerKey"},
		{"a short key", []string{"--customer-key-file", key("short\n")}, "", "WithCustomerKey"},
		{"attributes of the resource", []string{"--otlp", server.URL}, "no-value", "--otlp: OTEL_RESOURCE_ATTRIBUTES: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", c.attrs)
			var stdout, stderr bytes.Buffer
			log := iotest.ErrReader(errors.New("the command has read the log"))
			args := append([]string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap}, c.args...)
			if code := run(t.Context(), append(args, "-"), log, &stdout, &stderr); code != exitFault || stdout.Len() > 0 {
				t.Errorf("exit code %d and the output %q, want %d and none", code, &stdout, exitFault)
			}
			if said := stderr.String(); !strings.Contains(said, c.want) || strings.Contains(said, "has read") || strings.Contains(said, "short\n") {
				t.Errorf("the message is %q, want %q in it", said, c.want)
			}
		})
	}
}

// TestReplayGivesTheErrorHandlerBack: the command has OpenTelemetry's error handler only while it sends.
func TestReplayGivesTheErrorHandlerBack(t *testing.T) { //nolint:paralleltest // OpenTelemetry has one error handler for the process
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	var told atomic.Int32
	mine := errors.New("another part of the process")
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		if errors.Is(err, mine) { // clients of other tests report as well
			told.Add(1)
		}
	}))
	server := httptest.NewServer(&receiver{})
	defer server.Close()
	for _, log := range []string{"testdata/replay/shop.csv", "testdata/replay/none.csv"} {
		var stdout, stderr bytes.Buffer
		run(t.Context(), []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap, "--otlp", server.URL + "/otlp", log}, nil, &stdout, &stderr)
		told.Store(0)
		otel.Handle(mine)
		if n := told.Load(); n != 1 {
			t.Errorf("after a replay of %s the handler hears %d of 1 errors: %s", log, n, &stderr)
		}
	}
}

// TestFollowedUntil: runs are followed until the last row, or until --until if that is later, also if the log is from the
// first day that it may be from.
func TestFollowedUntil(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	promised := write("blueprint.yaml", "version: 1\njourneys: [{name: order, abandon_after: 30m}]\ntouchpoints: [{name: ask, journey: order}]\n")
	for name, c := range map[string]struct {
		at, until, followed string
		abandoned           int64
	}{
		"the first instant":         {"1970-01-01T00:00:00Z", "1970-01-01T00:10:00Z", "1970-01-01T00:10:00Z", 0},
		"the first instant, longer": {"1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z", "1970-01-01T01:00:00Z", 1},
		"until the last row":        {"2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z", 0},
		"no until":                  {"2026-01-31T09:00:00Z", "", "2026-01-31T09:00:00Z", 0},
	} {
		args := []string{"--blueprint", promised, "--map", "case=id,activity=what,time=at"}
		if c.until != "" {
			args = append(args, "--until", c.until)
		}
		r := replayed(t, append(args, write("log.csv", "id,what,at\n1,ask,"+c.at+"\n"))...)
		if got := r.Period.Followed.Format("2006-01-02T15:04:05Z07:00"); got != c.followed {
			t.Errorf("%s: runs are followed until %s, want %s", name, got, c.followed)
		}
		if j := r.Journeys[0]; j.Ended.Abandoned != c.abandoned || j.Active != 1-c.abandoned {
			t.Errorf("%s: %d abandoned and %d under way, want %d of one abandoned", name, j.Ended.Abandoned, j.Active, c.abandoned)
		}
	}
}

// TestTimesAreUTC: the report has its times in UTC, wherever the command runs.
func TestTimesAreUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.January, 31, 9, 0, 0, 1, time.FixedZone("here", 3600))
	if got := instant(at); got.Location() != time.UTC || !got.Equal(at) {
		t.Errorf("%v is %v in the report, want the same instant in UTC", at, got)
	}
}
