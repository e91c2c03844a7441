package mail_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// server is a server of SMTP on this machine. It keeps what it was sent, and answers as the test says.
type server struct {
	*smtp.Server

	left    chan struct{} // gets a value for each connection that has ended
	address string
	roots   *x509.CertPool

	rcpt func(to string) error               // may be nil
	data func(c *smtp.Conn, to string) error // after the mail was kept; may be nil

	hangUp bool // after a mail is taken

	mu          sync.Mutex
	mails       []got
	connections int
}

// got is a mail that a server was sent.
type got struct {
	from, to, user string
	tls            bool
	raw            []byte
}

type security int

const (
	plain security = iota
	startTLS
	implicit
)

// serve starts a server. The test stops it.
func serve(t *testing.T, how security) *server {
	t.Helper()
	s, stop, err := open(how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s
}

// open starts a server. The caller stops it.
func open(how security) (s *server, stop func(), err error) {
	s = &server{left: make(chan struct{}, 100)}
	s.Server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.Domain, s.ErrorLog, s.AllowInsecureAuth, s.MaxLineLength = "localhost", log.New(io.Discard, "", 0), true, 1000
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS() // it has a certificate for 127.0.0.1
	config := &tls.Config{Certificates: certificates.TLS.Certificates, MinVersion: tls.VersionTLS12}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certificates.Certificate())
	certificates.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // the caller ends it
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a server of a test
	}
	s.address = l.Addr().String()
	switch how {
	case startTLS:
		s.TLSConfig = config
	case implicit:
		l = tls.NewListener(l, config)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	return s, func() {
		_ = s.Close()
		<-ended
	}, nil
}

func (s *server) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	return &session{s: s, c: c}, nil
}

func (s *server) got() []got {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]got(nil), s.mails...)
}

func (s *server) connected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

type session struct {
	s              *server
	c              *smtp.Conn
	user, from, to string
}

var errPassword = &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "the password secret-password of user@example.org is wrong"}

func (*session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "right" {
			return errPassword
		}
		x.user = user
		return nil
	}), nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if strings.HasPrefix(from, "refused@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not this sender"}
	}
	x.from = from
	return nil
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	if x.s.rcpt != nil {
		return x.s.rcpt(to)
	}
	return nil
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err //nolint:wrapcheck // a server
	}
	_, isTLS := x.c.TLSConnectionState()
	x.s.mu.Lock()
	x.s.mails = append(x.s.mails, got{x.from, x.to, x.user, isTLS, raw})
	x.s.mu.Unlock()
	if x.s.data != nil {
		return x.s.data(x.c, x.to)
	}
	return nil
}

// Reset is called after the answer to a mail, and for RSET.
func (x *session) Reset() {
	if x.s.hangUp && len(x.s.got()) > 0 {
		_ = x.c.Conn().Close()
	}
}

func (x *session) Logout() error {
	x.s.left <- struct{}{}
	return nil
}

// read is a mail as a program for e-mail reads it.
type read struct {
	mail.Header

	text, html string
	file, page string
}

func (g got) read(t *testing.T) read {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(g.raw))
	if err != nil {
		t.Fatal(err)
	}
	r := read{Header: m.Header}
	r.parts(t, m.Header.Get("Content-Type"), m.Body)
	return r
}

func (r *read) parts(t *testing.T, contentType string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		t.Fatalf("%s: %v", contentType, err)
	}
	for p := multipart.NewReader(body, params["boundary"]); ; {
		part, err := p.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := part.Header.Get("Content-Type")
		switch {
		case strings.HasPrefix(kind, "multipart/"):
			r.parts(t, kind, part)
		case part.FileName() != "":
			b, _ := io.ReadAll(part)
			r.file, r.page = part.FileName(), string(b)
		default:
			if e := part.Header.Get("Content-Transfer-Encoding"); e != "quoted-printable" || !strings.Contains(kind, "UTF-8") {
				t.Errorf("a part of %s has the encoding %q", kind, e)
			}
			b, err := io.ReadAll(quotedprintable.NewReader(part))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(string(b), "\r\n", "\n")
			if strings.HasPrefix(kind, "text/html") {
				r.html = text
			} else {
				r.text = text
			}
		}
	}
}
