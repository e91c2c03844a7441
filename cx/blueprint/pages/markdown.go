package pages

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/blueprint"
)

// special are the characters that can begin something in the middle of a line of Markdown, also as GitHub has it.
const special = "\\`*_[]<>|~&$@#"

// plain returns a text of the blueprint for the middle of a line: on one line, without characters that do not print, and without anything
// that Markdown or HTML would read.
func plain(text string) string {
	var b strings.Builder
	for _, r := range blueprint.OneLine(text) {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	// An address is no link, because a reader of the page cannot tell the author of a text from the author of the page.
	return strings.NewReplacer("://", "\\://", "www.", "www\\.").Replace(b.String())
}

// paragraph is [plain] for the beginning of a line, where more characters mean something. It ends with a full stop, unless it has an end.
func paragraph(text string) string {
	text = plain(text)
	if text == "" {
		return ""
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	if strings.ContainsRune("-+=:", rune(text[0])) {
		return "\\" + text
	}
	if digits := strings.TrimLeft(text, "0123456789"); digits != text && digits != "" && strings.ContainsRune(".)", rune(digits[0])) {
		return text[:len(text)-len(digits)] + "\\" + digits
	}
	return text
}

// bold returns the name in bold. Asterisks make a text bold only beside letters and digits.
func bold(name string) string {
	name = blueprint.OneLine(name)
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	first, _ := utf8.DecodeRuneInString(name)
	last, _ := utf8.DecodeLastRuneInString(name)
	if word(first) && word(last) {
		return "**" + plain(name) + "**"
	}
	return "<b>" + plain(name) + "</b>"
}

// link returns a link to an address, which need not be trusted, with the address as its text. Only http and https are links.
func link(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return plain(address)
	}
	// In angle brackets only these end the address, the cell of a table or begin something else.
	target := strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "|", "%7C", "`", "%60", "&", "\\&").Replace(u.String())
	return fmt.Sprintf("[%s](<%s>)", plain(address), target)
}

// table writes a table. Columns in which no row has anything are left out. Cells are Markdown on one line.
func table(b *strings.Builder, head []string, rows [][]string) {
	var columns []int
	for i := range head {
		for _, row := range rows {
			if row[i] != "" {
				columns = append(columns, i)
				break
			}
		}
	}
	line := func(cells []string) {
		b.WriteString("|")
		for _, c := range columns {
			b.WriteString(" " + cells[c] + " |")
		}
		b.WriteString("\n")
	}
	line(head)
	b.WriteString("|" + strings.Repeat(" --- |", len(columns)) + "\n")
	for _, row := range rows {
		line(row)
	}
	b.WriteString("\n")
}
