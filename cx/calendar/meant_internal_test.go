package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestMissingZoneData: a machine that can load no zone lacks the zone data. The machine of this test has them.
func TestMissingZoneData(t *testing.T) {
	t.Parallel()
	none := func(string) (*time.Location, error) { return nil, errors.New("no such file") }
	want := `the zone "Europe/London" cannot be loaded, because this machine has no zone data: add import _ "time/tzdata" to the program`
	if got := unknownZone("Europe/London", "write another", none); got != want {
		t.Errorf("the message is %q, want %q", got, want)
	}
	if got := unknownZone("Europe/Lodnon", "write another", time.LoadLocation); strings.Contains(got, "tzdata") {
		t.Errorf("the machine has the zone data, and the message is %q", got)
	}
}
