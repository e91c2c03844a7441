package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		allow                     string
		events, unknown, rejected int64
		ok                        bool
		reason                    string
	}{
		{"1%", 100, 0, 0, true, "no row is faulty"},
		{"1%", 99, 0, 1, true, "1% is not more than 1%"},
		{"1%", 100, 1, 0, true, "1% of unknown names is allowed"},
		{"1%", 100, 2, 0, false, "2% is"},
		{"1%", 199, 1, 1, true, "both kinds together are 1%"},
		{"1%", 198, 2, 1, false, "both kinds together are more than 1%"},
		{"1%", 1_000_000, 10_001, 0, false, "the limit is exact to the row"},
		{"0%", 1_000_000, 1, 0, false, "no faulty row is allowed"},
		{"0.1%", 1000, 1, 0, true, "a percentage may have a fraction, and is exact"},
		{"5%", 95, 0, 5, true, "5% is allowed"},
		{"100%", 1, 1, 500, true, "any number is allowed"},
		{"unknown", 10, 10, 0, true, "any number of unknown names"},
		{"unknown", 10, 10, 1, false, "rejected rows are not allowed"},
		{"rejected", 10, 0, 90, true, "any number of rejected rows"},
		{"rejected", 10, 1, 0, false, "unknown names are not allowed"},
		{"unknown,rejected", 1, 1, 99, true, "any number of both"},
		{"unknown, 20%", 8, 8, 2, true, "any number of unknown names and 20% of rejected rows"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.allow, tt.events, tt.unknown, tt.rejected), func(t *testing.T) {
			t.Parallel()
			a, err := parseAllow(tt.allow)
			if err != nil {
				t.Fatal(err)
			}
			err = a.judge(&report.Report{Events: tt.events, Unknown: tt.unknown, Rejected: tt.rejected, Outside: 1_000_000})
			if (err == nil) != tt.ok {
				t.Fatalf("the judgement is %v: %s", err, tt.reason)
			}
			if err == nil {
				return
			}
			// Each remedy of the message works.
			for _, remedy := range strings.Split(err.Error(), "--allow ")[1:] {
				again, err := parseAllow(strings.TrimSuffix(strings.Fields(remedy)[0], " "))
				if err != nil {
					t.Fatal(err)
				}
				if err := again.judge(&report.Report{Events: tt.events, Unknown: tt.unknown, Rejected: tt.rejected}); err != nil {
					t.Errorf("with the remedy the error is %v", err)
				}
			}
		})
	}
	for _, wrong := range []string{"", "some", "5", "-1%", "101%", "1e3%", "1/2%", "0x1%", "%", "1%,2%", "unknown,"} {
		if _, err := parseAllow(wrong); err == nil {
			t.Errorf("--allow %q is accepted", wrong)
		}
	}
}

func TestTextWidth(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]int{"": 80, "0": 80, "-5": 80, "wide": 80, "140": 140} {
		if got := textWidth(&bytes.Buffer{}, columns); got != want {
			t.Errorf("with COLUMNS=%q the width is %d, want %d", columns, got, want)
		}
	}
}
