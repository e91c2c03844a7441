package otlplog_test

import (
	"net/http"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/otlplog"
)

// TestTimes: a record's time is nanoseconds since 1970 as an unsigned number of 64 bits, and 0 where it is not
// known. The SDK writes a time.Time with UnixNano, which is defined up to 2262-04-11T23:47:16.854775807Z.
func TestTimes(t *testing.T) {
	t.Parallel()
	const last = int64(9223372035) // the last second all of whose nanoseconds are defined
	for _, tt := range []struct {
		name  string
		s, ns int64
		want  uint64
	}{
		{"a nanosecond after 1970 began", 0, 1, 1},
		{"half a second after it", 0, 500_000_000, 500_000_000},
		{"when it began", 0, 0, 0},
		{"a nanosecond before it", -1, 999_999_999, 0},
		{"a second before it", -1, 0, 0},
		{"now", 1_776_427_200, 123_456_789, 1_776_427_200_123_456_789},
		{"the last whole second begins", last, 0, 9_223_372_035_000_000_000},
		{"the last whole second ends", last, 999_999_999, 9_223_372_035_999_999_999},
		{"the next one but one", last + 2, 0, 0},
		{"the one after it", last + 3, 0, 0},
		{"the year 9999", 253_402_300_799, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			caught := &catcher{}
			exporter := newSink(t, otlplog.WithHTTPClient(&http.Client{Transport: caught}), otlplog.WithEndpoint("http://collector/v1/logs"))
			e := event.Event{ID: event.ID{1}, Kind: event.TouchpointEnded, Time: time.Unix(tt.s, tt.ns).UTC()}
			if err := exporter.Export(t.Context(), []event.Event{e}); err != nil {
				t.Fatal(err)
			}
			if got := recordsOf(&caught.got)[0].GetTimeUnixNano(); got != tt.want {
				t.Errorf("the time is %d, want %d", got, tt.want)
			}
		})
	}
}
