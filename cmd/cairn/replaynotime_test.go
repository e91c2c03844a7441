package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestNoTime: a row that is no time, in a column whose other rows are, is told how those are written: what the
// column is read as is decided, and no other form would be taken. Where nothing is known, and for a period, it
// is a date or RFC 3339.
func TestNoTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, time, want string }{
		{"a spreadsheet's days", "46053.395833", "want a time written as in the other rows: days of a spreadsheet"},
		{"Unix milliseconds", "1769851800000", "want a time written as in the other rows: Unix milliseconds"},
		{"the day first", "31.01.2026 09:30", "want a time written as in the other rows: the day first"},
		{"a month's name", "31-Jan-26 09:30", "want a time written as in the other rows: a month's name"},
		{"the year first", "2026-01-31 09:30", "want a time written as in the other rows: the year first"},
		{"nothing to go by", "pending", "want a date, such as 2026-01-31, or a time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := "order,step,at\n1,order-confirmed," + c.time + "\n2,order-confirmed,n/a\n"
			var stdout, stderr bytes.Buffer
			run(t.Context(), []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", "case=order,activity=step,time=at", "-"},
				strings.NewReader(log), &stdout, &stderr)
			if !strings.Contains(stderr.String(), c.want) {
				t.Errorf("it says %q, want %q", &stderr, c.want)
			}
		})
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--from", "31.01.2026", "-"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), `--from "31.01.2026": `) || !strings.Contains(stderr.String(), "such as 2026-01-31, or ") {
		t.Errorf("exit code %d: %q, want %d and how a date is written", code, &stderr, exitUsage)
	}
}
