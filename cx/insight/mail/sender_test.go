package mail_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/mail"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// letter is a report of a test.
type letter struct {
	subject, text, html string
	err                 error
}

func (r letter) Subject() string { return r.subject }
func (r letter) MailHTML(w io.Writer) error {
	_, _ = io.WriteString(w, r.html)
	return r.err
}

func (r letter) Text(w io.Writer, _ int) error {
	_, err := io.WriteString(w, r.text)
	return err
}

// paged is a report with a page.
type paged struct{ letter }

func (paged) HTML(w io.Writer) error {
	_, err := io.WriteString(w, "<p>the page</p>")
	return err
}

var good = letter{subject: "Zufriedenheit: 9 of 10 tickets in time", text: "Nine of ten — in time.\n", html: "<html><body><p>Nine of ten — in time.</p></body></html>"}

const id = "0123456789abcdef0123456789abcdef"

func delivery(r schedule.Report) *schedule.Delivery {
	return &schedule.Delivery{Name: "support week", Every: report.Week, Period: report.Week.Current(time.Date(2012, 5, 14, 0, 0, 0, 0, time.UTC)), Report: r, MessageID: id, Attempt: 1}
}

// told keeps what an error handler was told.
type told struct {
	mu   sync.Mutex
	list []string
}

func (o *told) handle() mail.Option {
	return mail.WithErrorHandler(func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.list = append(o.list, err.Error())
	})
}

func sender(t *testing.T, s *server, to []string, opts ...mail.Option) *mail.Sender {
	t.Helper()
	m, err := mail.New(s.address, `"Reports, weekly" <reports@example.com>`, to, append([]mail.Option{mail.WithPlainLoopback()}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var three = []string{"anna@example.org", "Bert <bert@example.net>", "cleo@example.org"}

// TestMail: each recipient gets a mail of their own, with all that a mail of a program needs.
func TestMail(t *testing.T) {
	s := serve(t, plain)
	var out told
	before := time.Now().Add(-time.Second)
	m := sender(t, s, append(three, "ANNA@example.org"), out.handle(), mail.WithReplyTo("lead@example.com"))
	if err := m.Deliver(t.Context(), delivery(good)); err != nil {
		t.Fatal(err)
	}
	mails := s.got()
	if len(mails) != 3 || s.connected() != 1 || len(out.list) > 0 {
		t.Fatalf("%d mails over %d connections, told %q; want 3 over 1", len(mails), s.connected(), out.list)
	}
	for i, g := range mails {
		r := g.read(t)
		to, _ := netmail.ParseAddress(three[i])
		for name, want := range map[string]string{
			"To": to.String(), "From": `"Reports, weekly" <reports@example.com>`, "Reply-To": "<lead@example.com>", "Cc": "", "Bcc": "",
			"Message-Id": "<" + id + "@example.com>", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Mime-Version": "1.0",
			"List-Unsubscribe": "<mailto:reports@example.com?subject=unsubscribe>", "List-Unsubscribe-Post": "", "User-Agent": "", "X-Mailer": "",
		} {
			if have := r.Get(name); have != want {
				t.Errorf("%s: %q, want %q", name, have, want)
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(r.Get("Subject"))
		if err != nil || subject != good.subject {
			t.Errorf("the subject is %q", subject)
		}
		if date, err := r.Date(); err != nil || date.Before(before) || date.After(time.Now().Add(time.Second)) {
			t.Errorf("the date is %v, %v", date, err)
		}
		if r.text != good.text || r.html != good.html {
			t.Errorf("%q, %q", r.text, r.html)
		}
		for k, other := range []string{"anna@", "bert@", "cleo@"} {
			if (k == i) != strings.Contains(string(g.raw), other) {
				t.Errorf("the mail of %s has %s in it, or not: %s", g.to, other, g.raw)
			}
		}
		if g.from != "reports@example.com" || g.to != to.Address {
			t.Errorf("the envelope is from %s to %s", g.from, g.to)
		}
	}
}

func refusal(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

// TestRefused: what becomes of the other recipients, and of the attempt, where the server refuses.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		from         string
		rcpt         func(to string) error
		data         func(c *smtp.Conn, to string) error
		got          string // the recipients whose mail the server has seen
		err, told    string // parts of the errors; "" is none
		givenUp      bool
	}{
		{
			name: "5xx for one", reason: "the others get it, and this one is dropped", got: "anna cleo", told: "recipient 2 of 3 (at example.net): the recipient is dropped",
			rcpt: func(to string) error {
				if to == "bert@example.net" {
					return refusal(550, "<bert@example.net> was forwarded to eve@example.org, who is unknown")
				}
				return nil
			},
		},
		{
			name: "4xx for one", reason: "the others get it, and this one is tried again", got: "anna cleo", err: "recipient 2 of 3 (at example.net): ",
			rcpt: func(to string) error {
				if to == "bert@example.net" {
					return refusal(451, "greylisted, bert@example.net")
				}
				return nil
			},
		},
		{
			name: "5xx for all", reason: "nothing more can be done", err: "the server has refused all 3 recipients", told: "recipient 3 of 3", givenUp: true,
			rcpt: func(to string) error { return refusal(550, to) },
		},
		{
			name: "5xx after the data of one", reason: "the content is refused for this one", got: "anna bert cleo", told: "recipient 1 of 3 (at example.org)",
			data: func(_ *smtp.Conn, to string) error {
				if to == "anna@example.org" {
					return refusal(554, "spam")
				}
				return nil
			},
		},
		{
			name: "4xx after the data of one", reason: "a full disk is no fault of the recipient", got: "anna bert cleo", err: "recipient 1 of 3",
			data: func(_ *smtp.Conn, to string) error {
				if to == "anna@example.org" {
					return refusal(452, "disk full")
				}
				return nil
			},
		},
		{name: "refused sender", reason: "a fault of the configuration, and not of the recipients", from: "refused@example.com", err: "recipient 1 of 3"},
		{
			name: "no answer to the data of one", reason: "the mail may be there: it is sent again, and the others over a new connection", got: "anna bert cleo", err: "recipient 2 of 3",
			data: func(c *smtp.Conn, to string) error {
				if to == "bert@example.net" {
					_ = c.Conn().Close()
				}
				return nil
			},
		},
		{name: "service not available", reason: "421 is temporary", err: "recipient 1 of 3", rcpt: func(string) error { return refusal(421, "shutting down") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, plain)
			s.rcpt, s.data = test.rcpt, test.data
			var out told
			from := "reports@example.com"
			if test.from != "" {
				from = test.from
			}
			m, err := mail.New(s.address, from, three, mail.WithPlainLoopback(), out.handle())
			if err != nil {
				t.Fatal(err)
			}
			err = m.Deliver(t.Context(), delivery(good))
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) || errors.Is(err, schedule.ErrGivenUp) != test.givenUp {
				t.Errorf("the error is %v, want %q: %s", err, test.err, test.reason)
			}
			all := strings.Join(out.list, "\n")
			if (all == "") != (test.told == "") || !strings.Contains(all, test.told) {
				t.Errorf("told %q, want %q", all, test.told)
			}
			if said := fmt.Sprint(err, all); strings.Contains(said, "bert@") || strings.Contains(said, "anna@") || strings.Contains(said, "eve") || strings.ContainsAny(all, "\r") {
				t.Errorf("an error has an address: %s", said)
			}
			var got []string
			for _, g := range s.got() {
				name, _, _ := strings.Cut(g.to, "@")
				got = append(got, name)
			}
			if have := strings.Join(got, " "); have != test.got {
				t.Errorf("the server has mails for %q, want %q: %s", have, test.got, test.reason)
			}
		})
	}
}

// TestTLS: no mail and no password goes over a connection without TLS, unless the server is on this machine and the option says so.
func TestTLS(t *testing.T) {
	for _, test := range []struct {
		name    string
		server  security
		opts    func(s *server) []mail.Option
		want    string // a part of the error, "" if the mail is sent
		overTLS bool
	}{
		{"STARTTLS", startTLS, func(s *server) []mail.Option { return []mail.Option{mail.WithTLS(&tls.Config{RootCAs: s.roots})} }, "", true},
		{"implicit", implicit, func(s *server) []mail.Option {
			return []mail.Option{mail.WithTLS(&tls.Config{RootCAs: s.roots}), mail.WithImplicitTLS()}
		}, "", true},
		{"server without TLS", plain, func(s *server) []mail.Option { return nil }, "does not support STARTTLS", false},
		{"unknown certificate", startTLS, func(s *server) []mail.Option { return nil }, "certificate", false},
		{"certificate of another name", startTLS, func(s *server) []mail.Option {
			return []mail.Option{mail.WithTLS(&tls.Config{RootCAs: s.roots, ServerName: "smtp.example.org"})}
		}, "certificate", false},
		{"unknown certificate, implicit", implicit, func(s *server) []mail.Option { return []mail.Option{mail.WithImplicitTLS()} }, "certificate", false},
		{"plain on this machine", plain, func(s *server) []mail.Option { return []mail.Option{mail.WithPlainLoopback()} }, "", false},
	} {
		for _, password := range []string{"", "right", "secret-password"} {
			t.Run(test.name+" "+password, func(t *testing.T) {
				s := serve(t, test.server)
				opts := test.opts(s)
				if password != "" {
					opts = append(opts, mail.WithAuth("user@example.org", password))
				}
				m, err := mail.New(s.address, "reports@example.com", three[:1], opts...)
				if err != nil {
					t.Fatal(err)
				}
				err = m.Deliver(t.Context(), delivery(good))
				want := test.want
				if want == "" && password == "secret-password" {
					want = "535"
				}
				if want != "" {
					if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-password") || strings.Contains(err.Error(), "user@") ||
						errors.Is(err, schedule.ErrGivenUp) || len(s.got()) > 0 {
						t.Errorf("%v, want an error with %q, and %d mails", err, want, len(s.got()))
					}
					return
				}
				got := s.got()
				if err != nil || len(got) != 1 || got[0].tls != test.overTLS || (got[0].user != "") != (password != "") {
					t.Errorf("%v, %+v", err, got)
				}
			})
		}
	}
}

// TestHostileReport: nothing in a report becomes a header, a recipient or a second mail.
func TestHostileReport(t *testing.T) {
	s := serve(t, plain)
	hostile := "x\r\nBcc: eve@example.org\r\n\r\n.\r\nMAIL FROM:<eve@example.org>\r\n\u202eevil\u2028\x00\xff" + strings.Repeat("long ", 5000)
	d := delivery(letter{subject: hostile, text: hostile, html: "<p>" + hostile + "</p>"})
	d.Name, d.MessageID = hostile, hostile
	m := sender(t, s, three[:1], mail.WithUnsubscribe(func(string) []string {
		return []string{"https://example.com/\r\nBcc: eve@example.org", "javascript:alert(1)", "http://example.com/", "https://example.com/u?id=1", "mailto:stop@example.com", "https://example.com/>,<x", "https://example.com/,b"}
	}))
	if err := m.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	got := s.got()
	if len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	r := got[0].read(t)
	for _, name := range []string{"Bcc", "Cc"} {
		if r.Get(name) != "" {
			t.Errorf("a header %s: %q", name, r.Get(name))
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(r.Get("Subject"))
	if err != nil || len([]rune(subject)) > 151 || strings.ContainsAny(subject, "\r\n\u202e\u2028\x00") || !strings.HasPrefix(subject, "x Bcc: eve@example.org . MAIL") {
		t.Errorf("the subject is %q, %v", subject, err)
	}
	if mid := r.Get("Message-Id"); len(mid) != 32+len("<@example.com>") || !strings.HasSuffix(mid, "@example.com>") {
		t.Errorf("the ID is %q", mid)
	}
	if ways, post := r.Get("List-Unsubscribe"), r.Get("List-Unsubscribe-Post"); ways != "<https://example.com/u?id=1>, <mailto:stop@example.com>" || post != "List-Unsubscribe=One-Click" {
		t.Errorf("unsubscribe by %q, %q", ways, post)
	}
	if !strings.Contains(r.text, "\n.\nMAIL FROM:<eve@example.org>") || strings.Contains(r.text, "\x00") {
		t.Errorf("the text is %.200q", r.text)
	}
	for _, line := range strings.Split(string(got[0].raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("a line of %d bytes: %.100q", len(line), line)
		}
	}
}

// TestSize: the HTML of a mail is shorter than what Gmail shows, whatever the report has.
func TestSize(t *testing.T) {
	for _, test := range []struct {
		name  string
		html  string
		text  string
		whole bool
	}{
		{"small", "<p>" + strings.Repeat("a", 90_000) + "</p>", "text", true},
		{"long", "<p>" + strings.Repeat("a", 110_000) + "</p>", "text", false},
		{"long once encoded", strings.Repeat(`<td a="b">`, 9000), "text", false},
		{"hostile text", strings.Repeat("a", 110_000), strings.Repeat(`"&<`, 100_000), false},
		{"text of many bytes", strings.Repeat("a", 110_000), strings.Repeat("日本", 50_000), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, plain)
			var out told
			m := sender(t, s, three[:1], out.handle())
			if err := m.Deliver(t.Context(), delivery(letter{"s", test.text, test.html, nil})); err != nil {
				t.Fatal(err)
			}
			r := s.got()[0].read(t)
			var b strings.Builder
			w := quotedprintable.NewWriter(&b)
			_, _ = io.WriteString(w, r.html)
			_ = w.Close()
			if b.Len() > 102_000 || len(r.html) > 102_000 {
				t.Errorf("%d bytes of HTML, %d encoded", len(r.html), b.Len())
			}
			if (r.html == test.html) != test.whole || (len(out.list) == 0) != test.whole {
				t.Errorf("the mail has the report's own HTML: %v, want %v; told %q", r.html == test.html, test.whole, out.list)
			}
			if !test.whole && !strings.Contains(r.html, "<pre") {
				t.Errorf("%.200s", r.html)
			}
		})
	}
}

// TestRealReport: a report of package report is shown whole, and its mail is not cut.
func TestRealReport(t *testing.T) {
	s := serve(t, plain)
	var out told
	table, err := service()
	if err != nil {
		t.Fatal(err)
	}
	week := report.Week.Current(monday.Add(7 * 24 * time.Hour))
	r, err := report.Make(t.Context(), table, insight.Viewer{Rights: insight.Numbers}, report.Settings{Title: "Support", From: week.From, Until: week.Until})
	if err != nil {
		t.Fatal(err)
	}
	d := delivery(r)
	d.Missed = 1
	if err := sender(t, s, three[:1], out.handle(), mail.WithPage()).Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	got := s.got()[0].read(t)
	if len(out.list) > 0 || !strings.Contains(got.html, "<h1") || !strings.Contains(got.text, "Support, 9 to 15 March 2026") || got.page == "" {
		t.Errorf("told %q\n%s\n%s", out.list, got.text, got.html)
	}
	if n := strings.Count(got.html, "</body>"); n != 1 || !strings.Contains(got.html, "The report of the week before was not sent.</p>\n</body>") {
		t.Errorf("%d ends of the document: %s", n, got.html)
	}
	if strings.Contains(got.html, "<script") || strings.Contains(got.html, "http") || strings.Contains(got.html, "<svg") {
		t.Error("the mail has something to run or to load")
	}
	for _, line := range strings.Split(got.text, "\n") {
		if len([]rune(line)) > 76 {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
	t.Logf("%d bytes of mail without the page, %d of HTML", len(s.got()[0].raw)-len(got.page), len(got.html))
}

// TestMissedIsSaid: the mail says which reports before it were not sent.
func TestMissedIsSaid(t *testing.T) {
	s := serve(t, plain)
	m := sender(t, s, three[:1], mail.WithPage())
	d := delivery(paged{good})
	d.Missed, d.MissedSince = 3, time.Date(2012, 4, 23, 0, 0, 0, 0, time.UTC)
	if err := m.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	d.Missed = 1
	if err := m.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"The reports of the 3 weeks before were not sent, from 23 April 2012 on.", "The report of the week before was not sent."} {
		r := s.got()[i].read(t)
		if !strings.Contains(r.text, want) || !strings.HasSuffix(r.html, want+"</p>\n</body></html>") {
			t.Errorf("%q\n%q", r.text, r.html)
		}
		if r.file != "support-week-2012-05-14.html" || !strings.Contains(r.page, "PHA+dGhlIHBhZ2U8L3A+") { // "<p>the page</p>" in base64
			t.Errorf("the page is %q, %q", r.file, r.page)
		}
	}
}
