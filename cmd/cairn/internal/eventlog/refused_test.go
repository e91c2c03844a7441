package eventlog_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// TestNearlyTimes: a text that is cut off, or has something else where a time has its parts, is no time. Each
// is beside one that is.
func TestNearlyTimes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fine, at string
		refused  []string
	}{
		{"2011-10-11T13:45:40", "2011-10-11T13:45:40Z", []string{
			"2011-10-11X13:45:40", "2011-10-11_13:45:40", "2011-10-11/13:45:40", "2011-10-11-13:45:40", "2011-10-11\t13:45:40",
			"2011-10-11T", "2011-10-11T1", "2011-10-11T13", "2011-10-11T13:", "2011-10-11T13:4", "2011-10-11T13:45:", "2011-10-11T13:45:4", "2011-10-11T13-45-40",
			"2011-10-11T13:45:60", "2011-10-11T13:60:40", "2011-10-11T24:45:40", "2011-10-11T13:45:40x", "2011-10-11TT13:45:40",
		}},
		{"2011-10-11 13:45:40 +01:30", "2011-10-11T12:15:40Z", []string{
			"2011-10-11 13:45:40 +01:", "2011-10-11 13:45:40 +01:3", "2011-10-11 13:45:40 +01:60", "2011-10-11 13:45:40 +24:30", "2011-10-11 13:45:40 +",
			"2011-10-11 13:45:40 +01:(CET)", "2011-10-11 13:45:40 +01:3(CET)", "2011-10-11 13:45:40 +013", "2011-10-11 13:45:40 +1", "2011-10-11 13:45:40+-1:30",
		}},
		{"2011-10-11 13:45:40 +01:30:20", "2011-10-11T12:15:20Z", []string{
			"2011-10-11 13:45:40 +01:30:", "2011-10-11 13:45:40 +01:30:2", "2011-10-11 13:45:40 +01:30:60", "2011-10-11 13:45:40 +01:30:(CET)",
		}},
		{"11/Oct/11 1:45 PM", "2011-10-11T13:45:00Z", []string{
			"11/Oct/11 13:45 PM", "11/Oct/11 0:45 PM", "11/Oct/11 00:45 AM", "11/Oct/11 13:45 AM", "11/Oct/11 1:45 XM", "11/Oct/11 1:4 PM", "11/Oct/11 1:60 PM",
			"11/Oct/11 1 PM", "11/Oct/11 1:45 P.", "11/Oct/11 1:45 PMX",
		}},
		{"11/Oct/11 12:45 AM", "2011-10-11T00:45:00Z", []string{"11/Oct/11 24:45", "11/Oct/11 12:45:60 AM", "11/Oct/11 12:45:6 AM", "11/Oct/11 12:45: AM"}},
		{"11/Oct/11 12:45 PM", "2011-10-11T12:45:00Z", nil},
		{"11/Oct/11 1:45 p.m.", "2011-10-11T13:45:00Z", []string{"11/Oct/11 13:45 p.m.", "11/Oct/11 0:45 a.m."}},
		{"Oct 11, 2011", "2011-10-11T00:00:00Z", []string{
			"Oct11, 2011", "Oct11,2011", "Oct , 2011", "Oct , 11 2011", "Oct 11", "Oct 11,", "Oct 32, 2011", "Oct 0, 2011", "Oct 111, 2011", "Oc 11, 2011", "Oct;11, 2011", "Oct 11; 2011",
		}},
		{"Tue Oct 11 13:45:40 2011", "2011-10-11T13:45:40Z", []string{
			"Tue Oct 11 13:45:40", "Tue Oct 11 13:45:40 ", "Tue Oct 11 13:45:402011", "Tue Oct 11 24:45:40 2011", "Tue Oct11 13:45:40 2011",
		}},
	} {
		ns, err := eventlog.Times{}.Parse([]byte(tt.fine))
		if got := time.Unix(0, ns).UTC().Format(time.RFC3339Nano); err != nil || got != tt.at {
			t.Errorf("%q is %s, %v; want %s", tt.fine, got, err, tt.at)
		}
		for _, text := range tt.refused {
			ns, err := eventlog.Times{}.Parse([]byte(text))
			if err == nil {
				t.Errorf("%q is taken for %s", text, time.Unix(0, ns).UTC())
			}
		}
	}
}
