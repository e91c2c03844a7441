package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// replayWritten holds the encoding and the time format of a log, if flags set them.
type replayWritten struct {
	timeFormat *eventlog.TimeFormat
	encoding   *eventlog.Encoding

	timeFormatText, encodingText string
}

// flags adds the flags. The defaults are auto and utf-8, or else what the text names that stands before them.
func (w *replayWritten) flags(flags *flag.FlagSet, usual string) {
	flags.StringVar(&w.timeFormatText, "time-format", "", "`FORMAT` of the times in a CSV log: iso8601, unix, unix-ms, unix-us, unix-ns, excel, excel-1904, dmy, mdy, ymd, named-month, compact, a strptime format such as '%d.%m.%Y %H:%M', or a Go layout; auto detects the format, and rejects a column that allows two (default "+usual+"auto)")
	flags.StringVar(&w.encodingText, "encoding", "", "the `ENCODING` of the log: utf-8, utf-16, latin1, windows-1252, … (default "+usual+"utf-8)")
}

// complete parses the texts of the flags. Its error reports the faults of both.
func (w *replayWritten) complete() error {
	var errs [2]error
	if w.timeFormat, errs[0] = eventlog.ParseTimeFormat(w.timeFormatText); errs[0] != nil {
		errs[0] = fmt.Errorf("--time-format: %w", errs[0])
	}
	if w.encoding, errs[1] = eventlog.ParseEncoding(w.encodingText); errs[1] != nil {
		errs[1] = fmt.Errorf("--encoding: %w", errs[1])
	}
	return errors.Join(errs[:]...)
}

// readAsUTC prints a note if times of the log were read as UTC although --tz is not set, and a promise counts hours in another zone.
// It names the first of such promises' hours.
func (n *notes) readAsUTC(rows int64) {
	if rows == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.blueprint.Journeys {
		for _, p := range n.blueprint.Journeys[i].Promises {
			h, ok := n.blueprint.Hours[p.Hours]
			if !ok || slices.Contains([]string{"UTC", "UCT", "GMT", "Universal", "Zulu"}, strings.TrimPrefix(h.Zone, "Etc/")) {
				continue
			}
			n.say("times without an offset are read as UTC, and the hours %q are in %s: set --tz %[2]s, or --tz UTC if the times are UTC; rows: %[3]d",
				p.Hours, h.Zone, rows)
			return
		}
	}
}

// readNotes prints the notes about how the log was read.
func (n *notes) readNotes(list []eventlog.Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, note := range list {
		n.say("%s", note)
	}
}
