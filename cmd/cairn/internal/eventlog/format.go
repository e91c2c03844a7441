package eventlog

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// TimeFormat is the format of the times in a log. A nil TimeFormat means that the package detects it.
type TimeFormat struct {
	name    string
	form    form
	layouts []string // for formLayout; the first layout that fits counts
	zoned   bool     // the layout has an offset or the abbreviation of a zone
	offset  bool     // the layout has an offset
	utc     bool     // the layout ends in a literal Z, UTC or GMT
}

// String returns the format as it was given.
func (f *TimeFormat) String() string { return f.name }

// formatNames returns the formats that have names.
func formatNames() []struct {
	name string
	form form
} {
	return []struct {
		name string
		form form
	}{
		{"iso8601", formYear},
		{"rfc3339", formYear},
		{"unix", formSeconds},
		{"unix-ms", formMillis},
		{"unix-us", formMicros},
		{"unix-ns", formNanos},
		{"excel", formExcel},
		{"excel-1904", formExcel1904},
		{"dmy", formDMY},
		{"mdy", formMDY},
		{"ymd", formYMD},
		{"named-month", formNamed},
		{"compact", formCompact},
	}
}

// ErrTimeFormat is the error of an invalid or incomplete format.
var ErrTimeFormat = errors.New("invalid time format")

// ParseTimeFormat parses a format, which is one of
//
//   - a name: iso8601 or rfc3339; unix, unix-ms, unix-us, unix-ns; excel (days since 1899-12-30, local),
//     excel-1904 (days since 1904-01-01); dmy, mdy (a numeric date in this order, with or without a time of
//     day), ymd (the same with a two-digit year); named-month (with an English name of the month); compact
//     (20260131, 202601310930, 20260131T093000Z);
//   - a strptime format, which contains %: %Y-%m-%d %H:%M:%S.%f %z;
//   - a Go layout: 2006-01-02 15:04:05.
//
// It returns nil for "" and "auto". The error wraps [ErrTimeFormat] and says what is wrong with the format.
func ParseTimeFormat(text string) (*TimeFormat, error) {
	if text == "" || text == "auto" {
		return nil, nil //nolint:nilnil // nil means detection
	}
	names := make([]string, 0, len(formatNames()))
	for _, n := range formatNames() {
		if strings.EqualFold(text, n.name) {
			return &TimeFormat{name: n.name, form: n.form}, nil
		}
		names = append(names, n.name)
	}
	layout := text
	if strings.Contains(text, "%") {
		var err error
		if layout, err = strptime(text); err != nil {
			return nil, fmt.Errorf("%w: %.80q: %w", ErrTimeFormat, text, err)
		}
	}
	f := &TimeFormat{name: text, form: formLayout, layouts: []string{layout}}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%w: %.80q %w; write one of %s, a strptime format such as %%Y-%%m-%%d %%H:%%M:%%S, or a Go layout such as 2006-01-02 15:04:05",
			ErrTimeFormat, text, err, strings.Join(names, ", "))
	}
	f.vary()
	return f, nil
}

// vary adds layouts with the same meaning: an offset has three spellings, and AM and PM have two.
func (f *TimeFormat) vary() {
	layout := f.layouts[0]
	for _, end := range []string{"Z", "UTC", "GMT"} {
		f.utc = f.utc || !f.zoned && strings.HasSuffix(layout, end)
	}
	if at := strings.Index(layout, anyOffset); at >= 0 {
		f.layouts = nil
		for _, zone := range []string{"Z07:00", "Z0700", "Z07"} {
			f.layouts = append(f.layouts, layout[:at]+zone+layout[at+len(anyOffset):])
		}
	}
	for _, layout := range f.layouts {
		if strings.Contains(layout, "PM") {
			f.layouts = append(f.layouts, strings.Replace(layout, "PM", "pm", 1))
		}
	}
}

// check finds out which parts of a time the layout has: it formats times that differ in one part and compares
// the results.
func (f *TimeFormat) check() error {
	layout := f.layouts[0]
	zone := func(name string, hours int) *time.Location { return time.FixedZone(name, hours*3600) }
	at := func(year int, month time.Month, day, hour int, loc *time.Location) string {
		return time.Date(year, month, day, hour, 10, 20, 0, loc).Format(layout)
	}
	utc := zone("UTC", 0)
	ref := at(2006, 3, 1, 9, utc)
	var lacks []string
	if at(2007, 3, 1, 9, utc) == at(2006, 3, 1, 9, utc) {
		lacks = append(lacks, "year")
	}
	// The day of the year gives both month and day.
	if at(2006, 4, 30, 9, utc) == at(2006, 5, 30, 9, utc) {
		lacks = append(lacks, "month")
	}
	// 15 and 22 March 2006 are on the same day of the week.
	if at(2006, 3, 15, 9, utc) == at(2006, 3, 22, 9, utc) {
		lacks = append(lacks, "day")
	}
	switch {
	case len(lacks) == 3 && at(2006, 3, 1, 22, utc) == ref:
		return errors.New("has no part of a date or time")
	case len(lacks) > 0:
		return fmt.Errorf("has no %s", strings.Join(lacks, " and no "))
	}
	if at(2006, 3, 1, 21, utc) == ref && at(2006, 3, 1, 10, utc) != ref {
		return errors.New("has an hour of 1 to 12, and neither AM nor PM")
	}
	f.offset = at(2006, 3, 1, 9, zone("UTC", 5)) != ref
	f.zoned = f.offset || at(2006, 3, 1, 9, zone("XYZ", 0)) != ref
	if _, err := time.Parse(layout, ref); err != nil {
		return errors.New("cannot read the times that it writes")
	}
	return nil
}

// read parses a time with the layouts.
func (f *TimeFormat) read(z *zone, text []byte) (int64, local, bool) {
	loc := z.loc
	if loc == nil {
		loc = time.UTC
	}
	for _, layout := range f.layouts {
		at, err := time.ParseInLocation(layout, string(text), loc)
		if err != nil {
			continue
		}
		if !f.zoned {
			// Take the fields as a local time, without the zone that ParseInLocation applied.
			wall, err := time.Parse(layout, string(text))
			if err != nil {
				continue
			}
			seconds, how := wall.Unix(), localOnce
			if !f.utc {
				seconds, how = z.instant(seconds)
			}
			ns, ok := within(seconds, int64(wall.Nanosecond()))
			return ns, how, ok
		}
		if name, offset := at.Zone(); !f.offset && offset == 0 && at.Location() != loc && at.Location() != time.UTC && name != "GMT" {
			return 0, 0, false // package time invents a zone for an unknown abbreviation
		}
		ns, ok := within(at.Unix(), int64(at.Nanosecond()))
		return ns, localOnce, ok
	}
	return 0, 0, false
}

// anyOffset is the layout of strptime for a directive that accepts any spelling of an offset.
const anyOffset = "Z07:00"

// directives maps the directives of strptime to layouts of package time. Numbers of one or two digits have layouts with which
// package time accepts both, as strptime does.
//
//nolint:gochecknoglobals // a constant table
var directives = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "1", 'B': "January", 'b': "Jan", 'h': "Jan", 'd': "2", 'e': "_2", 'j': "002",
	'A': "Monday", 'a': "Mon", 'H': "15", 'k': "15", 'I': "3", 'l': "3", 'M': "4", 'S': "5", 'p': "PM", 'P': "pm",
	'z': anyOffset, 'Z': "MST", 'F': "2006-1-2", 'T': "15:4:5", 'R': "15:4", 'D': "1/2/06", 'r': "3:4:5 PM",
	'c': "Mon Jan _2 15:4:5 2006", 'n': " ", 't': " ", '%': "%",
}

// strptime converts a strptime format to a layout of package time.
func strptime(format string) (string, error) {
	var layout strings.Builder
	seconds := false // the last directive was the seconds
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '%' {
			if isDigit(c) {
				return "", errors.New("it has a digit outside a directive, which package time would read as a directive: remove it")
			}
			if rest := format[i:]; seconds && len(rest) > 2 && (c == '.' || c == ',') && rest[1:3] == "%f" {
				i += 2 // package time accepts a fraction of any length after the seconds
			} else {
				layout.WriteByte(c)
			}
			seconds = false
			continue
		}
		for i++; i+1 < len(format) && (format[i] == '-' || format[i] == ':'); { // %-d, %:z
			i++
		}
		if i == len(format) {
			return "", errors.New("it ends in a lone %: remove it or complete the directive")
		}
		text, err := directive(format[i], layout.String())
		if err != nil {
			return "", err
		}
		layout.WriteString(text)
		seconds = format[i] == 'S' || format[i] == 'T'
	}
	return layout.String(), literals(format)
}

// directive returns the layout of a strptime directive that follows the layout written.
func directive(c byte, written string) (string, error) {
	text, ok := directives[c]
	last := byte(0)
	if len(written) > 0 {
		last = written[len(written)-1]
	}
	switch {
	case c == 'f':
		return "", errors.New("%f, the fraction of a second, must follow %S and a point or a comma")
	case c == 's':
		return "", errors.New("%s is Unix time: write unix instead")
	case !ok:
		return "", fmt.Errorf("the directive %%%s is not supported", strings.ToValidUTF8(string(c), "?"))
	case c == 'd' && last == '_':
		return "02", nil // package time reads _2 as a day padded with a space
	case len(text) == 1 && isDigit(text[0]) && isDigit(last):
		return "0" + text, nil // package time would read two adjacent directives as one
	default:
		return text, nil
	}
}

// literals rejects text between the directives that package time would read as a directive.
func literals(format string) error {
	a := time.Date(2006, 3, 4, 9, 10, 20, 0, time.FixedZone("ABC", 3600))
	b := time.Date(2017, 11, 25, 22, 33, 44, 0, time.FixedZone("XYZ", -7200))
	for part := range strings.SplitSeq(format, "%") {
		if len(part) > 1 && (a.Format(part[1:]) != part[1:] || b.Format(part[1:]) != part[1:]) {
			return fmt.Errorf("package time would read the text %.40q in it as a part of the time: remove it", part[1:])
		}
	}
	return nil
}
