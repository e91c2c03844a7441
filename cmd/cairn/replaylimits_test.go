package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
)

// TestNotesAreBounded: a replay tells the first 20 faulty rows and the first 20 unknown channels and counts the others.
func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{told - 1, told, told + 1, told + 7} {
		var bad, channels strings.Builder
		bad.WriteString("order,step,at,on\n")
		channels.WriteString("order,step,at,on\n")
		for i := range n {
			fmt.Fprintf(&bad, "%d,fill-cart\n", i)
			fmt.Fprintf(&channels, "%d,fill-cart,2026-01-31T09:00:00Z,channel %d\n", i, i)
			fmt.Fprintf(&channels, "%d,fill-cart,2026-01-31T09:00:01Z,channel %d\n", i, i) // which is known to be unknown
		}
		bad.WriteString("1,fill-cart,2026-01-31T09:00:00Z,web\n")
		for what, log := range map[string]string{"rows were skipped": bad.String(), "channels are unknown": channels.String()} {
			for _, init := range []bool{false, true} {
				args := []string{"replay", "--allow", "rejected", "--blueprint", "testdata/replay/shop.yaml", "--map", shopMap + ",channel=on", "-"}
				if init {
					args = []string{"init", "--map", shopMap, "-"}
				}
				var stdout, stderr bytes.Buffer
				if code := run(t.Context(), args, strings.NewReader(log), &stdout, &stderr); code != exitOK {
					t.Fatalf("%q: exit code %d: %s", args, code, &stderr)
				}
				lines, rest := 0, ""
				for line := range strings.Lines(stderr.String()) {
					switch {
					case strings.Contains(line, ": skipped: ") || strings.Contains(line, " is unknown and counts as other"):
						lines++
					case strings.Contains(line, what) || strings.Contains(line, "the first"):
						rest += line
					}
				}
				want, wantRest := min(n, told), ""
				if n > told {
					wantRest = fmt.Sprintf("… and %d more %s\n", n-told, what)
				}
				if init && n > told {
					wantRest = fmt.Sprintf("%d rows were skipped; the first %d are listed above\n", n, told)
				}
				if init && what != "rows were skipped" { // a draft lists the channels
					want, wantRest = 0, ""
				}
				if lines != want || rest != wantRest {
					t.Errorf("%d %s, init %v: %d lines and %q, want %d and %q", n, what, init, lines, rest, want, wantRest)
				}
			}
		}
	}
}

// TestReportIsBounded: the report lists the 100 most frequent unknown names and 100 unknown channels. It counts the names
// that it does not list, and the rows of those that there are too many of to tell apart.
func TestReportIsBounded(t *testing.T) {
	t.Parallel()
	bp := &blueprint.Blueprint{Version: 1}
	for _, c := range []struct {
		names, again             int // names, and how many of them a second time
		listed                   int
		rest, count              int64
		first                    string
		channels, channelsListed int
	}{
		{names: 0, channels: 0},
		{names: 1, again: 1, listed: 1, first: "name 00000", channels: 1, channelsListed: 1},
		{names: listed, listed: listed, first: "name 00000", channels: listed, channelsListed: listed},
		{names: listed + 1, again: 1, listed: listed, rest: 1, count: 1, first: "name 00000", channels: listed + 1, channelsListed: listed},
		{names: maxUnknown, listed: listed, rest: maxUnknown - listed, count: maxUnknown - listed, first: "name 00000", channels: 2 * listed, channelsListed: listed},
		{names: maxUnknown + 3, again: maxUnknown + 3, listed: listed, rest: maxUnknown - listed, count: 2*(maxUnknown-listed) + 6, first: "name 00000", channels: maxUnknown + 9, channelsListed: listed},
	} {
		var said bytes.Buffer
		n := newNotes(&said, bp, false)
		for _, times := range []int{c.names, c.again} {
			for i := range times {
				n.unknownNames([]stranger{{kindTouchpoint, fmt.Sprintf("name %05d", i)}})
			}
		}
		for i := range c.channels {
			n.unknownChannel(fmt.Sprintf("channel %05d", i))
			n.unknownChannel("channel 00000")
		}
		var r report.Report
		n.report(&r)
		if len(r.UnknownNames) != c.listed || r.UnknownRest.Names != c.rest || r.UnknownRest.Count != c.count {
			t.Errorf("of %d names %d are listed and %d in %d rows are not, want %d, %d and %d",
				c.names, len(r.UnknownNames), r.UnknownRest.Names, r.UnknownRest.Count, c.listed, c.rest, c.count)
		}
		if c.listed > 0 && r.UnknownNames[0].Name != c.first {
			t.Errorf("of %d names the first is %q, want %q", c.names, r.UnknownNames[0].Name, c.first)
		}
		if len(r.UnknownChannels) != c.channelsListed {
			t.Errorf("of %d channels %d are listed, want %d", c.channels, len(r.UnknownChannels), c.channelsListed)
		}
		if lines := strings.Count(said.String(), "\n"); lines != min(c.channels, told) {
			t.Errorf("%d of %d channels are told, want %d", lines, c.channels, min(c.channels, told))
		}
	}
}

// failing is an exporter that fails from a request on, and counts the requests.
type failing struct {
	sdktrace.SpanExporter
	sdklog.Exporter
	from, requests int
}

var errEndpoint = errors.New("the endpoint is gone")

func (f *failing) try() error {
	if f.requests++; f.requests >= f.from {
		return errEndpoint
	}
	return nil
}

func (f *failing) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return f.try() }
func (f *failing) Export(context.Context, []sdklog.Record) error              { return f.try() }
func (f *failing) Shutdown(context.Context) error                             { return nil }

// TestLosses: after the first request that fails, no other is made, and all data from then on counts as lost.
func TestLosses(t *testing.T) {
	t.Parallel()
	spans := func(n int) []sdktrace.ReadOnlySpan { return make(tracetest.SpanStubs, n).Snapshots() }
	for from := 1; from <= 4; from++ {
		lost := &losses{}
		traces, logs := &failing{from: from}, &failing{from: 1}
		exporter, batch := &spanExporter{traces, lost}, &logBatch{exporter: logs, lost: lost}
		for i := 1; i <= 3; i++ {
			if err := lost.error(); (err == nil) != (i <= from) {
				t.Errorf("before request %d of which %d fails the error is %v", i, from, err)
			}
			if err := exporter.ExportSpans(t.Context(), spans(10*i)); err != nil {
				t.Error(err)
			}
		}
		for range otlpBatch + 5 {
			if err := batch.OnEmit(t.Context(), &sdklog.Record{}); err != nil {
				t.Error(err)
			}
		}
		if err := batch.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		gone := 0
		for i := from; i <= 3; i++ {
			gone += 10 * i
		}
		err := lost.error()
		if !errors.Is(err, errLost) || !errors.Is(err, errEndpoint) || !strings.Contains(err.Error(), fmt.Sprintf("at least %d spans and %d log events", gone, otlpBatch+5)) {
			t.Errorf("if request %d fails the error is %v, want %d spans and %d log events", from, err, gone, otlpBatch+5)
		}
		if want := min(from, 3); traces.requests != want {
			t.Errorf("if request %d fails there are %d requests, want %d", from, traces.requests, want)
		}
		if want := max(0, from-3); logs.requests != want {
			t.Errorf("after spans were lost there are %d requests for logs, want %d", logs.requests, want)
		}
	}
}

// TestBadRowsOfAStrictReplay: with --strict the first faulty row is the error, with its place.
func TestBadRowsOfAStrictReplay(t *testing.T) {
	t.Parallel()
	cause := errors.New("the row is short")
	for strict, want := range map[bool]string{true: "log.csv:7: the row is short", false: ""} {
		n := newNotes(io.Discard, &blueprint.Blueprint{Version: 1}, strict)
		err := n.bad("log.csv", 7, cause)
		if strict && (!errors.Is(err, cause) || err.Error() != want || n.rejected() != 0) || !strict && (err != nil || n.rejected() != 1) {
			t.Errorf("strict %v: %v, and %d rows are rejected", strict, err, n.rejected())
		}
	}
}
