package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"cairncx.dev/cairn/cx/insight/schedule"
)

const (
	// width is that of the text in characters: RFC 3676 advises lines of at most 78.
	width = 76
	// maxHTML bounds the HTML, encoded. Gmail shows the first 102 kB of a mail.
	maxHTML = 102_000
	// maxText bounds the text in bytes.
	maxText = 30_000
	// maxSubject bounds the subject in characters.
	maxSubject = 150
)

// letter is what all recipients get.
type letter struct {
	s          *Sender
	subject    string
	id         string
	text, html string
	page       []byte
	file       string
}

// letter renders the report.
func (s *Sender) letter(d *schedule.Delivery) (*letter, error) {
	if d == nil || d.Report == nil {
		return nil, errNoReport
	}
	l := &letter{s: s, subject: oneLine(d.Report.Subject(), maxSubject), id: s.messageID(d.MessageID)}
	if l.subject == "" {
		l.subject = oneLine(d.Name, maxSubject)
	}
	var text, page bytes.Buffer
	if err := d.Report.Text(&text, width); err != nil {
		return nil, fmt.Errorf("the text of the report: %w", err)
	}
	if err := d.Report.MailHTML(&page); err != nil {
		return nil, fmt.Errorf("the HTML of the report: %w", err)
	}
	note := missed(d)
	l.text = plain(text.String())
	if note != "" {
		l.text += "\n\n" + note + "\n"
	}
	l.html = withNote(strings.ToValidUTF8(page.String(), "\uFFFD"), note)
	if n := encoded(l.html); n > maxHTML {
		l.html = asText(l.text)
		s.tell(fmt.Errorf("the HTML of the report %q has %d bytes, and at most %d are shown: the mail has the report as text. Ask for fewer groups, or for one journey", d.Name, n, maxHTML))
	}
	return l, l.attach(d)
}

var errNoReport = errors.New("the delivery has no report")

// attach renders the page of the report, if it is to be attached.
func (l *letter) attach(d *schedule.Delivery) error {
	pager, ok := d.Report.(interface{ HTML(w io.Writer) error })
	if !l.s.cfg.page || !ok {
		return nil
	}
	var b bytes.Buffer
	if err := pager.HTML(&b); err != nil {
		return fmt.Errorf("the page of the report: %w", err)
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-':
			return r
		}
		return '-'
	}, d.Name+"-"+d.Period.From.Format(time.DateOnly))
	l.page, l.file = b.Bytes(), name+".html"
	return nil
}

// to returns the mail for a recipient.
func (l *letter) to(recipient int) (*gomail.Msg, error) {
	s := l.s
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(s.from)
	m.ToMailAddress(s.to[recipient])
	if s.cfg.replyTo != nil {
		m.ReplyToMailAddress(s.cfg.replyTo)
	}
	m.Subject(l.subject)
	m.SetDateWithValue(time.Now())
	m.SetMessageIDWithValue(l.id)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if ways, post := l.ways(recipient); len(ways) > 0 {
		m.SetListUnsubscribe(ways...)
		if post {
			m.SetListUnsubscribePost()
		}
	}
	m.SetBodyString(gomail.TypeTextPlain, l.text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.html)
	if l.page != nil {
		if err := m.AttachReader(l.file, bytes.NewReader(l.page), gomail.WithFileContentType(gomail.TypeTextHTML)); err != nil {
			return nil, fmt.Errorf("attach the page: %w", err)
		}
	}
	return m, nil
}

// ways returns how the recipient unsubscribes.
func (l *letter) ways(recipient int) (list []string, post bool) {
	if l.s.cfg.unsubscribe != nil {
		func() {
			defer func() { _ = recover() }() // a mail without it is better than none
			list, post = ways(l.s.cfg.unsubscribe(l.s.to[recipient].Address))
		}()
		if len(list) > 0 {
			return list, post
		}
	}
	return ways([]string{"mailto:" + l.s.from.Address + "?subject=unsubscribe"})
}

// messageID returns the Message-ID without its angle brackets. An ID that a header cannot have becomes a digest.
func (s *Sender) messageID(id string) string {
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, func(r rune) bool { return r > 'z' || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:16])
	}
	return id + s.from.Address[strings.LastIndexByte(s.from.Address, '@'):]
}

// missed says which reports before this one were not sent.
func missed(d *schedule.Delivery) string {
	switch {
	case d.Missed <= 0:
		return ""
	case d.Missed == 1:
		return "The report of the " + d.Every.String() + " before was not sent."
	}
	return fmt.Sprintf("The reports of the %d %ss before were not sent, from %s on.", d.Missed, d.Every, d.MissedSince.Format("2 January 2006"))
}

// withNote puts the note at the end of the document.
func withNote(page, note string) string {
	if note == "" {
		return page
	}
	note = `<p style="font:14px/20px Arial,sans-serif">` + html.EscapeString(note) + "</p>\n"
	if at := strings.LastIndex(page, "</body>"); at >= 0 {
		return page[:at] + note + page[at:]
	}
	return page + note
}

// asText returns a document of HTML with the text, as much of it as fits.
func asText(text string) string {
	for {
		page := "<!DOCTYPE html>\n<html><body><pre style=\"font:14px/20px monospace;white-space:pre-wrap\">" + html.EscapeString(text) + "</pre></body></html>\n"
		if encoded(page) <= maxHTML {
			return page
		}
		text = strings.ToValidUTF8(text[:len(text)/2], "") + "…"
	}
}

// encoded returns the size of the part in a mail.
func encoded(part string) int {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = io.WriteString(w, part) // a Buffer takes all
	_ = w.Close()
	return b.Len()
}

// plain returns the text with lines that a mail can have.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "\n…"
	}
	return text
}

// oneLine returns the text in one line of at most so many characters, without characters that are not seen or change the direction of text.
func oneLine(text string, most int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ") {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			continue
		}
		if n++; n > most {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
