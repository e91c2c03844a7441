package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// line is a connection to the server, which is made when it is needed.
type line struct {
	s      *Sender
	client *gomail.Client
	conn   *smtp.Client
	raw    net.Conn    // below conn, because go-mail leaves it open when its greeting fails
	stop   func() bool // of what closes raw when the context ends
}

var (
	// errNoServer says that no recipient can be reached now.
	errNoServer = errors.New("the server cannot be used")
	// errRefused says that the server will never take the mail for this recipient.
	errRefused = errors.New("the recipient is dropped, because the server has refused the mail for good")
)

// send sends the letter to a recipient.
func (l *line) send(ctx context.Context, letter *letter, recipient int) (err error) {
	defer func() {
		if v := recover(); v != nil { // such as of an answer without a text
			l.hangUp()
			err = fmt.Errorf("recipient %d: the client of SMTP panicked with a value of the type %T", recipient+1, v)
		}
	}()
	if err := l.dial(ctx); err != nil {
		return err
	}
	m, err := letter.to(recipient)
	if err != nil {
		return fmt.Errorf("recipient %d: %w", recipient+1, err)
	}
	err = l.client.SendWithSMTPClient(l.conn, m)
	if err == nil {
		return nil
	}
	var refusal *gomail.SendError
	_ = errors.As(err, &refusal)
	// After a refused recipient the client has begun anew. After everything else the server may expect something different.
	if refusal == nil || refusal.Reason != gomail.ErrSMTPRcptTo || refusal.ErrorCode() == 0 {
		l.hangUp()
	}
	if m.IsDelivered() { // the server has taken the mail, and then the connection broke
		return nil
	}
	name := l.s.name(recipient)
	if why := context.Cause(ctx); why != nil {
		return fmt.Errorf("%s: %w", name, why)
	}
	said := l.s.hide(err.Error())
	if refusal != nil && refusal.ErrorCode() >= 500 {
		switch refusal.Reason { //nolint:exhaustive // what is about this recipient and this mail
		case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
			return fmt.Errorf("%s: %w: %s", name, errRefused, said)
		}
	}
	return fmt.Errorf("%s: %s", name, said)
}

// dial connects to the server, if there is no connection.
func (l *line) dial(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	s := l.s
	opts := []gomail.Option{gomail.WithPort(s.port), gomail.WithTimeout(s.cfg.timeout), gomail.WithTLSConfig(s.cfg.tls), gomail.WithDialContextFunc(
		func(dialling context.Context, network, address string) (net.Conn, error) {
			return l.connect(ctx, dialling, network, address)
		})}
	switch {
	case s.cfg.plain:
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	case s.cfg.implicit:
		opts = append(opts, gomail.WithSSL())
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.cfg.hello != "" {
		opts = append(opts, gomail.WithHELO(s.cfg.hello))
	}
	if s.cfg.user != "" || s.cfg.password != "" {
		opts = append(opts, gomail.WithUsername(s.cfg.user), gomail.WithPassword(s.cfg.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.host, opts...)
	if err != nil {
		return fmt.Errorf("%w: %s", errNoServer, s.hide(err.Error()))
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		l.hangUp()
		if why := context.Cause(ctx); why != nil {
			return fmt.Errorf("%w: %w", errNoServer, why)
		}
		var answer *textproto.Error
		if errors.As(err, &answer) {
			return fmt.Errorf("%w: it answers %d %s", errNoServer, answer.Code, s.hide(answer.Msg))
		}
		return fmt.Errorf("%w: %s", errNoServer, s.hide(err.Error()))
	}
	l.client, l.conn = client, conn
	return nil
}

// connect connects to the server. The connection ends with ctx, so that a server that hangs does not keep a delivery that is over.
func (l *line) connect(ctx, dialling context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(dialling, network, address)
	if err != nil {
		return nil, err //nolint:wrapcheck // dial says where it is from
	}
	l.raw, l.stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
	if !l.s.cfg.implicit {
		return conn, nil
	}
	secure := tls.Client(conn, l.s.cfg.tls)
	if err := secure.HandshakeContext(dialling); err != nil {
		return nil, err //nolint:wrapcheck // dial says where it is from
	}
	return secure, nil
}

// hangUp ends the connection, if there is one.
func (l *line) hangUp() {
	if l.conn != nil && l.client != nil {
		_ = l.raw.SetDeadline(time.Now().Add(goodbye))
		_ = l.client.CloseWithSMTPClient(l.conn)
	}
	if l.raw != nil {
		l.stop()
		_ = l.raw.Close()
	}
	l.client, l.conn, l.raw, l.stop = nil, nil, nil, nil
}

// goodbye bounds the end of a connection.
const goodbye = time.Second

// name names a recipient without the address.
func (s *Sender) name(recipient int) string {
	_, domain, _ := strings.Cut(s.to[recipient].Address, "@")
	return fmt.Sprintf("recipient %d of %d (at %s)", recipient+1, len(s.to), domain)
}

var (
	addresses = regexp.MustCompile(`[^\s<>]*@[^\s<>]*`)
	affected  = regexp.MustCompile(`, affected (recipient\(s\)|message ID): .*$`)
)

// hide takes the addresses and the password out of what the server or the client of SMTP says.
func (s *Sender) hide(said string) string {
	for _, secret := range []string{s.cfg.password, s.cfg.user} {
		if secret != "" {
			said = strings.ReplaceAll(said, secret, "[secret]")
		}
	}
	for _, to := range s.to {
		said = strings.ReplaceAll(said, to.Address, "[address]")
	}
	said = affected.ReplaceAllString(oneLine(said, maxSaid), "")
	return addresses.ReplaceAllString(said, "[address]")
}

// maxSaid bounds the answer of a server in an error, in characters.
const maxSaid = 300
