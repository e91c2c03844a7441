package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestNoTime: the message about a row without a time names the format of the other rows, because that is the
// only format that the column still allows. If no format is known, and for --from and --until, it names a date
// or RFC 3339.
func TestNoTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, time, want string }{
		{"a spreadsheet's days", "46053.395833", "write a time as in the other rows: days of a spreadsheet"},
		{"Unix milliseconds", "1769851800000", "write a time as in the other rows: Unix milliseconds"},
		{"the day first", "31.01.2026 09:30", "write a time as in the other rows: the day first"},
		{"a month's name", "31-Jan-26 09:30", "write a time as in the other rows: a month's name"},
		{"the year first", "2026-01-31 09:30", "write a time as in the other rows: the year first"},
		{"no other rows", "pending", "write a date, such as 2026-01-31, or a time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := "order,step,at\n1,order-confirmed," + c.time + "\n2,order-confirmed,n/a\n"
			var stdout, stderr bytes.Buffer
			run(t.Context(), []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--map", "case=order,activity=step,time=at", "-"},
				strings.NewReader(log), &stdout, &stderr)
			if !strings.Contains(stderr.String(), c.want) {
				t.Errorf("the output is %q, want %q", &stderr, c.want)
			}
		})
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"replay", "--blueprint", "testdata/replay/shop.yaml", "--from", "31.01.2026", "-"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), `--from "31.01.2026": `) || !strings.Contains(stderr.String(), "such as 2026-01-31, or ") {
		t.Errorf("exit code %d: %q, want %d and the format of a date", code, &stderr, exitUsage)
	}
}
