package gogen

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// duration returns an expression for the duration, with the largest unit that has no remainder.
func duration(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		name string
	}{
		{time.Hour, "Hour"},
		{time.Minute, "Minute"},
		{time.Second, "Second"},
		{time.Millisecond, "Millisecond"},
		{time.Microsecond, "Microsecond"},
		{time.Nanosecond, "Nanosecond"},
	} {
		switch n := d / u.of; {
		case d == 0:
			return "0"
		case d%u.of != 0:
		case n == 1:
			return "time." + u.name
		default:
			return strconv.FormatInt(int64(n), 10) + "*time." + u.name
		}
	}
	return "0"
}

// number returns the number with all of its digits.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// instant returns an expression for the time.
func instant(t time.Time) string {
	if t.IsZero() {
		return "time.Time{}"
	}
	t = t.UTC()
	return fmt.Sprintf("time.Date(%d, time.%s, %d, %d, %d, %d, %d, time.UTC)", t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond())
}

// quoted returns the texts as a list of literals.
func quoted(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return strings.Join(out, ", ")
}

// listOf returns an expression for a list of values of package event or slo. It is "" for an empty list.
func listOf[T any](typ string, list []T, constant func(T) string) string {
	if len(list) == 0 {
		return ""
	}
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = constant(v)
	}
	return "[]" + typ + "{" + strings.Join(out, ", ") + "}"
}

// channel returns the constant of package event.
func channel(c event.Channel) string {
	if c == event.OtherChannel {
		return "event.OtherChannel"
	}
	if c == event.IVR {
		return "event.IVR"
	}
	if c == event.API {
		return "event.API"
	}
	return "event." + words(c.String())
}

// outcome returns the constant of package event.
func outcome(o event.Outcome) string {
	if o == event.OK {
		return "event.OK"
	}
	return "event." + words(o.String())
}

// comment writes a comment of whole words, in lines of at most 100 columns behind the margin. Each paragraph is a text, and an empty one
// is left out.
func comment(b *strings.Builder, margin string, paragraphs ...string) {
	const width = 100
	first := true
	for _, p := range paragraphs {
		fields := strings.Fields(blueprint.Printable(p))
		if len(fields) == 0 {
			continue
		}
		if !first {
			b.WriteString(margin + "//\n")
		}
		first = false
		line := margin + "//"
		used := 0
		for _, f := range fields {
			n := utf8.RuneCountInString(f) + 1
			if used > 0 && used+n > width {
				b.WriteString(line + "\n")
				line, used = margin+"//", 0
			}
			line += " " + f
			used += n
		}
		b.WriteString(line + "\n")
	}
}

// sentence ends the text with a full stop, unless it has an end. It is "" for a blank text.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}
