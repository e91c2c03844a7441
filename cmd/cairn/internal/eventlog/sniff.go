package eventlog

import (
	"bytes"
	"errors"
	"fmt"
)

// magics are the first bytes of files that are not logs, with a description and a remedy for each.
//
//nolint:gochecknoglobals // a constant table
var magics = []struct{ start, is, do string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls) or another Office document", saveCSV},
	{"PAR1", "a Parquet file", exportCSV},
	{"Obj\x01", "an Avro file", exportCSV},
	{"ORC", "an ORC file", exportCSV},
	{"ARROW1\x00\x00", "an Arrow file", exportCSV},
	{"SQLite format 3\x00", "an SQLite database", "export the rows as CSV, such as with sqlite3 -header -csv FILE 'SELECT …'"},
	{"%PDF-", "a PDF document", "export the log as CSV instead"},
	{"{\\rtf", "a document in RTF", saveCSV},
	{"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it: zstd -dc FILE | cairn replay … -"},
	{"BZh", "compressed with bzip2", "decompress it: bzip2 -dc FILE | cairn replay … -"},
	{"\xfd7zXZ\x00", "compressed with xz", "decompress it: xz -dc FILE | cairn replay … -"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "decompress it: lz4 -dc FILE | cairn replay … -"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", unpack},
	{"Rar!\x1a\x07", "a RAR archive", unpack},
	{"\x1f\x8b", "compressed with gzip twice", "decompress it once: gzip -dc FILE | cairn replay … -"},
	{"\x1f\x9d", "compressed with compress (.Z)", "decompress it: gzip -dc FILE | cairn replay … -"},
}

const (
	saveCSV   = "save the sheet with the log as CSV UTF-8"
	exportCSV = "export the rows as CSV, with a header"
	unpack    = "unpack it and name the logs in it"
	sheetName = "[Content_Types].xml"
)

// foreign returns an error if the first bytes show that the file is not a log. The error names the file's type and the remedy.
// It returns nil if the file may be a log.
func foreign(start []byte) error {
	for _, m := range magics {
		// A CSV header may begin with the letters ORC or BZh.
		if bytes.HasPrefix(start, []byte(m.start)) && (len(m.start) > 3 || !isText(start)) {
			return fmt.Errorf("it is %s: %s", m.is, m.do)
		}
	}
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("PK\x05\x06")) {
		return zipArchive(start)
	}
	if tar := 257; len(start) > tar+5 && string(start[tar:tar+5]) == "ustar" {
		return errors.New("it is a tar archive: " + unpack)
	}
	return markup(start)
}

// zipArchive distinguishes workbooks from other archives by the names of the first files in the archive.
func zipArchive(start []byte) error {
	is, do := "a zip archive", unpack
	switch {
	case bytes.Contains(start, []byte("opendocument")):
		is, do = "an OpenDocument file (.ods)", saveCSV
	case bytes.Contains(start, []byte(sheetName)), bytes.Contains(start, []byte("xl/")), bytes.Contains(start, []byte("_rels/")),
		bytes.Contains(start, []byte("docProps/")):
		is, do = "an Excel workbook (.xlsx) or another Office document", saveCSV
	}
	return fmt.Errorf("it is %s: %s", is, do)
}

// markup recognises HTML, XML and XES.
func markup(start []byte) error {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(start, []byte(byteOrderMark)), " \t\r\n"))
	switch {
	case len(text) == 0 || text[0] != '<':
		return nil
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")), bytes.HasPrefix(text, []byte("<head")),
		bytes.HasPrefix(text, []byte("<table")):
		return errors.New("it is an HTML page, perhaps a login page, or an HTML export that is only named .xls or .csv: export the log as CSV")
	case bytes.Contains(text, []byte("<log ")), bytes.Contains(text, []byte("<log>")), bytes.Contains(text, []byte("xes")):
		return errors.New("it is an event log in XES: convert it to CSV, such as with pm4py: pm4py.convert_to_dataframe(pm4py.read_xes(FILE)).to_csv(…)")
	case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<!--")):
		return errors.New("it is XML: export the log as CSV")
	default:
		return nil
	}
}

// isText reports whether b has no control characters except tab, LF and CR.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// wide recognises UTF-16 and UTF-32 by their byte order marks or by the zero bytes of ASCII letters.
func wide(start []byte) error {
	const remedy = "set --encoding utf-16, or save it as UTF-8"
	switch {
	case bytes.HasPrefix(start, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(start, []byte("\x00\x00\xfe\xff")):
		return errors.New("it is UTF-32: convert it, with iconv or by saving it as UTF-8")
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return errors.New("it is UTF-16: " + remedy)
	}
	var zeros [2]int
	for i, c := range start {
		if c == 0 {
			zeros[i%2]++
		}
	}
	const share = 3
	half := len(start) / 2
	switch {
	case half > 1 && zeros[1] > half/share && zeros[0] <= half/(8*share):
		return errors.New("it is UTF-16 without a byte order mark: set --encoding utf-16le, or save it as UTF-8")
	case half > 1 && zeros[0] > half/share && zeros[1] <= half/(8*share):
		return errors.New("it is UTF-16 without a byte order mark: set --encoding utf-16be, or save it as UTF-8")
	}
	return nil
}
