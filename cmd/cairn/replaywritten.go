package main

import (
	"errors"
	"flag"
	"fmt"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
)

// replayWritten is how the characters and times of a log are written, as far as flags say it.
type replayWritten struct {
	timeFormat *eventlog.TimeFormat
	encoding   *eventlog.Encoding

	timeFormatText, encodingText string
}

func (w *replayWritten) flags(flags *flag.FlagSet) {
	flags.StringVar(&w.timeFormatText, "time-format", "auto", "how the times of a CSV log are written, a `FORMAT`: iso8601, unix, unix-ms, unix-us, unix-ns, excel, excel-1904, dmy, mdy, ymd, named-month, compact, one of strptime such as '%d.%m.%Y %H:%M', or a layout of Go; auto finds it out, and refuses what may be read in two ways")
	flags.StringVar(&w.encodingText, "encoding", "utf-8", "the `ENCODING` of the log: utf-8, utf-16, latin1, windows-1252, …")
}

// complete understands the texts and says what is wrong with them.
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

// readNotes says what was noticed while the log was read.
func (n *notes) readNotes(list []eventlog.Note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, note := range list {
		n.say("%s", note)
	}
}
