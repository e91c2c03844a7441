package eventlog

import (
	"fmt"
	"slices"
)

// counts has the statistics of the rows that were read.
type counts struct {
	trimmed [numColumns]int64
	local   [numLocal]int64
}

// Input has the statistics of one file of a log. The package reads sorted files twice; the numbers are those of
// the second pass.
type Input struct {
	// Name is the name of the file.
	Name string
	// Bytes is the number of bytes that were read from the file, compressed bytes if it is compressed. Size is
	// the file's size when it was opened, or 0 if it is unknown, as for a pipe.
	Bytes, Size int64
	// Records is the number of records below the header, or of non-empty lines of JSON. Rows is the number of
	// them that Next returns. Config.Bad was called for the others.
	Records, Rows int64
}

// Inputs returns the statistics of each file. Call it after Next has returned an error, such as io.EOF, to all
// readers. Before that, only [Log.Done] may be called.
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

// NoteKind is the kind of a Note.
type NoteKind string

// The kinds of notes.
const (
	// NoteTrimmed reports that white space around values was removed.
	NoteTrimmed NoteKind = "trimmed"
	// NoteRepeated reports local times that occur twice because of a clock change.
	NoteRepeated NoteKind = "repeated_local_time"
	// NoteSkipped reports local times that a clock change skipped.
	NoteSkipped NoteKind = "skipped_local_time"
	// NoteForm reports the detected format of a time column.
	NoteForm NoteKind = "time_format"
	// NoteDelimiter reports a delimiter that differs from the one that the file's name suggests.
	NoteDelimiter NoteKind = "delimiter"
)

// Note is a fact about how the log was read that the reader of a report should know.
type Note struct {
	Kind NoteKind
	// File is the name of the file that the note is about, or "" for all files.
	File string
	// Column is the name of the column that the note is about, or "".
	Column string
	// Rows is the number of rows that the note is about, or 0 for all rows.
	Rows int64
	// Text is the note in words.
	Text string
}

// String returns the text, after the name of the file if the note has one.
func (n Note) String() string {
	if n.File != "" {
		return n.File + ": " + n.Text
	}
	return n.Text
}

// ReadAsUTC returns the number of rows whose time has no offset and was read as UTC. It is 0 if Config.Location is another zone.
// Call it when [Log.Notes] may be called.
func (l *Log) ReadAsUTC() int64 { return l.counts.local[localUTC] }

// Notes returns the notes about the log. Call it after Next has returned io.EOF to all readers and before
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
				Text: fmt.Sprintf("white space around the %s in the column %q was removed; rows: %d", columnNames[i], columns[i], n),
			})
		}
	}
	if n := l.counts.local[localTwice]; n > 0 {
		notes = append(notes, Note{
			Kind: NoteRepeated, Column: l.cfg.Columns.Time, Rows: n,
			Text: fmt.Sprintf("times without an offset that the clocks of %s showed twice, when they were put back: %d; each was read as the first of the two, so durations may be off by an hour: export the column %q with offsets or in UTC",
				l.cfg.Location, n, l.cfg.Columns.Time),
		})
	}
	if n := l.counts.local[localNever]; n > 0 {
		notes = append(notes, Note{
			Kind: NoteSkipped, Column: l.cfg.Columns.Time, Rows: n,
			Text: fmt.Sprintf("times without an offset that the clocks of %s skipped, when they were put forward: %d, in the column %q; each was read as if the clocks had not been put forward: check that --tz is the right zone",
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
			Text: fmt.Sprintf("the columns were split at %q: set --delimiter if that is wrong", delimiterName(in.comma)),
		})
	}
	if !in.auto || in.survey.line == 0 {
		return notes
	}
	var text string
	switch in.form {
	case formDMY, formMDY, formYMD:
		text = fmt.Sprintf("the times in the column %q were read with %s, because other rows of the column allow nothing else", l.cfg.Columns.Time, forms(1<<in.form))
	case formExcel:
		text = fmt.Sprintf("the times in the column %q were read as days of a spreadsheet, counted from 1899-12-30; if the workbook uses the 1904 date system, they are 1462 days too early: set --time-format excel-1904", l.cfg.Columns.Time)
	default:
		return notes
	}
	return append(notes, Note{Kind: NoteForm, File: in.name, Column: l.cfg.Columns.Time, Text: text})
}
