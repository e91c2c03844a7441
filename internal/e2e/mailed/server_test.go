package mailed_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/emersion/go-smtp"
)

// point is where the server kills the process that it talks to, once, while that one sends to the second recipient.
type point int

const (
	nowhere point = iota
	atRecipient
	atData // after it has the mail, and before it answers
)

// server is a server of SMTP that keeps mails, and kills.
type server struct {
	address string
	at      point

	mu     sync.Mutex
	mails  []sent
	killed bool
	doomed map[int]int // processes, and how many reads and writes they have left
}

type sent struct{ to, id string }

func listen(t *testing.T, at point) *server {
	t.Helper()
	s := &server{at: at}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, c: c}, nil }))
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(&tappedListener{l, s})
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return s
}

func (s *server) got() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.mails...)
}

// kill kills the process at the other end, if this is where.
func (s *server) kill(at point, to string, c *smtp.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != at || s.killed || to != "bert@example.org" {
		return nil
	}
	pid, err := strconv.Atoi(strings.TrimPrefix(c.Hostname(), "pid-"))
	if err != nil || pid < 2 {
		return errors.New("the client does not say which process it is")
	}
	s.killed = true
	return errors.Join(syscall.Kill(pid, syscall.SIGKILL), c.Conn().Close()) // there is no answer
}

type session struct {
	s  *server
	c  *smtp.Conn
	to string
}

func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Reset()                               {}
func (*session) Logout() error                        { return nil }

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	return x.s.kill(atRecipient, to, x.c)
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	x.s.mails = append(x.s.mails, sent{x.to, m.Header.Get("Message-Id")})
	x.s.mu.Unlock()
	return x.s.kill(atData, x.to, x.c)
}

// process is a worker.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	mu   sync.Mutex
	log  bytes.Buffer
	over chan struct{} // is closed when it has ended
	err  error         // with this
}

// Write keeps what the process writes.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// start starts a process with the schedule, which kills itself at the moment. The test ends it.
func (o *office) start(t *testing.T, s *server, at moment) *process {
	t.Helper()
	text, err := json.Marshal(order{o.store, s.address, o.zone, o.to, at})
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0]), over: make(chan struct{})} //nolint:gosec // it is this test
	p.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	p.cmd.Stderr = p
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.over)
		p.err = p.cmd.Wait()
	}()
	return p
}

// stop ends the process in good order, and returns 1 if it was killed.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	_ = p.in.Close()
	<-p.over
	var exit *exec.ExitError
	if errors.As(p.err, &exit) && exit.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL { //nolint:forcetypeassert // a Unix
		return 1
	}
	if p.err != nil {
		t.Errorf("a process ends with %v: %s", p.err, p.said())
	}
	return 0
}
