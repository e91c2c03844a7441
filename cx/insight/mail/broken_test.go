package mail_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"cairncx.dev/cairn/cx/insight/mail"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// TestServerHangs: a server that does not answer holds a delivery until its context ends, or the timeout of a mail.
func TestServerHangs(t *testing.T) {
	for _, byContext := range []bool{true, false} {
		s := serve(t, plain)
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		timeout := 10 * time.Minute
		if !byContext {
			timeout = 200 * time.Millisecond
		}
		s.data = func(*smtp.Conn, string) error {
			if byContext {
				cancel()
			}
			<-release
			return nil
		}
		m := sender(t, s, three[:1], mail.WithTimeout(timeout))
		done := make(chan error, 1)
		go func() { done <- m.Deliver(ctx, delivery(good)) }()
		var err error
		select {
		case err = <-done:
		case <-time.After(time.Minute):
			close(release)
			t.Fatal("the delivery does not end")
		}
		if err == nil || byContext != errors.Is(err, context.Canceled) {
			t.Errorf("by its context %v: %v", byContext, err)
		}
		close(release)
		cancel()
	}
}

// TestTaken: a mail that the server has taken is delivered, also if the connection breaks afterwards.
func TestTaken(t *testing.T) {
	s := serve(t, plain)
	s.hangUp = true
	if err := sender(t, s, three).Deliver(t.Context(), delivery(good)); err != nil {
		t.Error(err)
	}
	if mails, lines := len(s.got()), s.connected(); mails != 3 || lines != 3 {
		t.Errorf("%d mails over %d connections, want 3 over 3", mails, lines)
	}
}

// TestHangsUp: no connection is left open, also where the server has no TLS, or refuses the password.
func TestHangsUp(t *testing.T) {
	for _, opts := range [][]mail.Option{nil, {mail.WithPlainLoopback(), mail.WithAuth("user", "wrong")}, {mail.WithPlainLoopback(), mail.WithAuth("user", "right")}} {
		s := serve(t, plain)
		m, err := mail.New(s.address, "reports@example.com", three, opts...)
		if err != nil {
			t.Fatal(err)
		}
		_ = m.Deliver(t.Context(), delivery(good))
		select {
		case <-s.left:
		case <-time.After(10 * time.Second):
			t.Error("the connection is still there")
		}
	}
}

// TestNoServer: recipients are not tried one after the other where there is no server.
func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends here
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	m, err := mail.New(address, "reports@example.com", three, mail.WithPlainLoopback())
	if err != nil {
		t.Fatal(err)
	}
	err = m.Deliver(t.Context(), delivery(good))
	if err == nil || strings.Count(err.Error(), "cannot be used") != 1 {
		t.Error(err)
	}
}

// TestBrokenReports: a report that cannot be written is no mail. A handler that panics harms nothing.
func TestBrokenReports(t *testing.T) {
	s := serve(t, plain)
	m := sender(t, s, three[:1], mail.WithErrorHandler(func(error) { panic("no") }), mail.WithUnsubscribe(func(string) []string { panic("no") }))
	broken := good
	broken.err = errors.New("the report is broken")
	for _, d := range []*schedule.Delivery{nil, delivery(nil), delivery(broken)} {
		if err := m.Deliver(t.Context(), d); err == nil {
			t.Error("no error")
		}
	}
	if n := len(s.got()); n > 0 {
		t.Errorf("%d mails", n)
	}
	long := good
	long.html = strings.Repeat("a", 200_000)
	if err := m.Deliver(t.Context(), delivery(long)); err != nil {
		t.Error(err)
	}
}

// TestFaults: what cannot work is said at the start, without an address.
func TestFaults(t *testing.T) {
	t.Parallel()
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("u%d@example.org", i)
	}
	for _, test := range []struct {
		name, server, from string
		to                 []string
		opts               []mail.Option
		want               string
	}{
		{"no port", "smtp.example.com", "a@example.com", three, nil, "host and a port"},
		{"no host", ":587", "a@example.com", three, nil, "host and a port"},
		{"port 0", "smtp.example.com:0", "a@example.com", three, nil, "host and a port"},
		{"named port", "smtp.example.com:smtp", "a@example.com", three, nil, "host and a port"},
		{"from", "smtp.example.com:587", "eve", three, nil, "the sender's address: use"},
		{"injected from", "smtp.example.com:587", "eve@example.org\r\nBcc: all@example.org", three, nil, "the sender's address"},
		{"none", "smtp.example.com:587", "a@example.com", nil, nil, "0 recipients"},
		{"too many", "smtp.example.com:587", "a@example.com", many, nil, "1001 recipients"},
		{"list in one", "smtp.example.com:587", "a@example.com", []string{"eve@example.org, x@example.org"}, nil, "recipient 1"},
		{"not ASCII", "smtp.example.com:587", "a@example.com", []string{"eve@bücher.example"}, nil, "punycode"},
		{"line in quotes", "smtp.example.com:587", "a@example.com", []string{"\"eve\r\n\"@example.org"}, nil, "recipient 1"},
		{"space in quotes", "smtp.example.com:587", "a@example.com", []string{`"eve x"@example.org`}, nil, "recipient 1"},
		{"plain elsewhere", "smtp.example.com:587", "a@example.com", three, []mail.Option{mail.WithPlainLoopback()}, "not this machine"},
		{"plain and TLS", "localhost:465", "a@example.com", three, []mail.Option{nil, mail.WithPlainLoopback()}, "leave one"},
		{"timeout", "smtp.example.com:587", "a@example.com", three, []mail.Option{mail.WithTimeout(time.Hour)}, "WithTimeout"},
		{"reply to", "smtp.example.com:587", "a@example.com", three, []mail.Option{mail.WithReplyTo("eve")}, "WithReplyTo"},
		{"hello", "smtp.example.com:587", "a@example.com", three, []mail.Option{mail.WithHello("x\r\nMAIL")}, "WithHello"},
	} {
		m, err := mail.New(test.server, test.from, test.to, test.opts...)
		if m != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "eve") {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}
