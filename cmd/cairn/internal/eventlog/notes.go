package eventlog

import (
	"fmt"
	"slices"
)

// counts are what was noticed of the rows that were read.
type counts struct {
	trimmed [numColumns]int64
	local   [localNever + 1]int64
}

// Input is one file of a log, with what was read of it. What has been sorted has been read twice: the
// numbers are those of the second time.
type Input struct {
	// Name is that of the file.
	Name string
	// Bytes is how many were read of the file, compressed ones where it is; Size is how many it had
	// when it was opened, 0 where that is not known, as of a pipe.
	Bytes, Size int64
	// Records is how many records there were behind the header, or lines of JSON that are not empty;
	// Rows is how many of them Next returns. The others were told to Config.Bad.
	Records, Rows int64
}

// Inputs returns the files with what has been read of them. It is for after Next has returned an error,
// io.EOF among them, to all readers; before, Bytes alone can be asked for by [Log.Done].
func (l *Log) Inputs() []Input {
	if l.inputs == nil {
		return slices.Clone(l.read)
	}
	list := make([]Input, 0, len(l.inputs))
	for _, in := range l.inputs {
		list = append(list, Input{Name: in.name, Bytes: in.read.Load(), Size: in.size, Records: in.records, Rows: in.rows})
	}
	return list
}

// NoteKind says what a Note is about.
type NoteKind string

// The kinds of notes.
const (
	// NoteTrimmed is of values with white space around them, which was left out.
	NoteTrimmed NoteKind = "trimmed"
	// NoteRepeated is of local times that a change of the clocks repeated.
	NoteRepeated NoteKind = "repeated_local_time"
	// NoteSkipped is of local times that a change of the clocks left out.
	NoteSkipped NoteKind = "skipped_local_time"
	// NoteForm is of a column of times of which it had to be found out how they are written.
	NoteForm NoteKind = "time_format"
	// NoteDelimiter is of a file whose columns are divided by something else than its name says.
	NoteDelimiter NoteKind = "delimiter"
)

// Note is something that the reader of a report should know of how the log was read.
type Note struct {
	Kind NoteKind
	// File is the file that it is about, "" where it is about all.
	File string
	// Column is the column that it is about, by its name in the log, or "".
	Column string
	// Rows is how many rows it is about, 0 where it is about all.
	Rows int64
	// Text says it in words.
	Text string
}

// String returns the text, with the file where there is one.
func (n Note) String() string {
	if n.File != "" {
		return n.File + ": " + n.Text
	}
	return n.Text
}

// Notes returns what was noticed. It is for after Next has returned io.EOF to all readers, and before
// Close.
func (l *Log) Notes() []Note {
	var notes []Note
	for _, in := range l.inputs {
		notes = append(notes, l.notesOf(in)...)
	}
	columns := l.cfg.Columns.list()
	for i, n := range l.counts.trimmed {
		if n > 0 {
			notes = append(notes, Note{
				Kind: NoteTrimmed, Column: columns[i], Rows: n,
				Text: fmt.Sprintf("white space around the %s, in the column %q, was left out: rows: %d", columnNames[i], columns[i], n),
			})
		}
	}
	if n := l.counts.local[localTwice]; n > 0 {
		notes = append(notes, Note{
			Kind: NoteRepeated, Column: l.cfg.Columns.Time, Rows: n,
			Text: fmt.Sprintf("times without an offset that the clocks of %s showed twice, when they were put back: %d: each was read as the first of the two, so durations may be wrong by that hour: export the column %q with offsets or in UTC",
				l.cfg.Location, n, l.cfg.Columns.Time),
		})
	}
	if n := l.counts.local[localNever]; n > 0 {
		notes = append(notes, Note{
			Kind: NoteSkipped, Column: l.cfg.Columns.Time, Rows: n,
			Text: fmt.Sprintf("times without an offset that the clocks of %s never showed, when they were put forward: %d, in the column %q: each was read as if the clocks had not been put forward: is --tz the right zone?",
				l.cfg.Location, n, l.cfg.Columns.Time),
		})
	}
	return notes
}

func (l *Log) notesOf(in *input) (notes []Note) {
	if in.json {
		return nil
	}
	usual := byte(',')
	if in.tab {
		usual = '\t'
	}
	if l.cfg.Delimiter == 0 && in.comma != usual {
		notes = append(notes, Note{
			Kind: NoteDelimiter, File: in.name,
			Text: fmt.Sprintf("the columns were taken to be divided by %q", delimiterName(in.comma)),
		})
	}
	if !in.auto || in.survey.line == 0 {
		return notes
	}
	var text string
	switch in.form {
	case formDMY, formMDY, formYMD:
		text = fmt.Sprintf("the times in the column %q were read with %s: other rows of the column allow nothing else", l.cfg.Columns.Time, forms(1<<in.form))
	case formExcel:
		text = fmt.Sprintf("the times in the column %q were read as days of a spreadsheet, counted from 1899-12-30: if the workbook uses the system of 1904, they are 1462 days too early: say --time-format excel-1904", l.cfg.Columns.Time)
	default:
		return notes
	}
	return append(notes, Note{Kind: NoteForm, File: in.name, Column: l.cfg.Columns.Time, Text: text})
}
