package webhook_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/webhook"
)

func noCancel() context.Context { return context.Background() }

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// nameServer is a DNS server that gives the addresses one after the other, the last for ever.
type nameServer struct {
	conn    net.PacketConn
	mu      sync.Mutex
	answers []netip.Addr
	asked   int
}

func newNameServer(t testing.TB, answers ...string) *nameServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn}
	for _, a := range answers {
		s.answers = append(s.answers, netip.MustParseAddr(a))
	}
	done := make(chan struct{})
	go func() { defer close(done); s.run() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return s
}

func (s *nameServer) run() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		q := m.Questions[0]
		s.mu.Lock()
		a := s.answers[0]
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, Type: q.Type}
		switch {
		case q.Type == dnsmessage.TypeA && a.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case q.Type == dnsmessage.TypeAAAA && a.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
		if len(m.Answers) > 0 {
			if s.asked++; len(s.answers) > 1 {
				s.answers = s.answers[1:]
			}
		}
		s.mu.Unlock()
		if out, err := m.Pack(); err == nil {
			_, _ = s.conn.WriteTo(out, from)
		}
	}
}

// dialer asks this name server.
func (s *nameServer) dialer() *net.Dialer {
	return &net.Dialer{Timeout: time.Minute, Resolver: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}}
}

// TestRebinding: a name that resolves to what is private, at once or the second time, leads nowhere.
func TestRebinding(t *testing.T) {
	var reached atomic.Int64
	u := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, _ := strings.Cut(strings.TrimPrefix(u, "http://"), ":")
	for _, address := range []string{"127.0.0.1", "127.8.8.8", "0.0.0.0", "::1", "::ffff:127.0.0.1", "::"} {
		t.Run(address, func(t *testing.T) {
			names := newNameServer(t, address)
			exporter := newSink(t, "http://hooks.test:"+port, webhook.WithDialer(names.dialer()), webhook.WithPublicAddressesOnly())
			for range 2 {
				err := exporter.Export(t.Context(), some(1))
				if err == nil || sink.IsPermanent(err) || !strings.Contains(err.Error(), "not a public one") {
					t.Errorf("%v, want that the address is not a public one", err)
				}
			}
			names.mu.Lock()
			defer names.mu.Unlock()
			if names.asked == 0 {
				t.Error("the name server was not asked: the test proves nothing")
			}
		})
	}
	if reached.Load() != 0 {
		t.Fatalf("%d requests arrived", reached.Load())
	}
	names := newNameServer(t, "127.0.0.1")
	if err := newSink(t, "http://hooks.test:"+port, webhook.WithDialer(names.dialer())).Export(t.Context(), some(1)); err != nil || reached.Load() != 1 {
		t.Errorf("without the option: %v, %d requests arrived", err, reached.Load())
	}
}

// control notes that an address is about to be connected to, and keeps it from happening.
type control struct{ addresses []string }

var errKept = errors.New("kept from happening")

func (c *control) hook(d *net.Dialer) *net.Dialer {
	d.Control = func(_, address string, _ syscall.RawConn) error {
		c.addresses = append(c.addresses, address)
		return errKept
	}
	return d
}

// TestSecondAnswer: the name server says something public first, and then something private.
func TestSecondAnswer(t *testing.T) {
	names, c := newNameServer(t, "1.1.1.1", "127.0.0.1"), &control{}
	exporter := newSink(t, "http://hooks.test:9", webhook.WithDialer(c.hook(names.dialer())), webhook.WithPublicAddressesOnly())
	for i, want := range []string{"no answer", "not a public one"} {
		if err := exporter.Export(t.Context(), some(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("answer %d: %v, want %q", i+1, err, want)
		}
	}
	if len(c.addresses) != 1 || c.addresses[0] != "1.1.1.1:9" {
		t.Errorf("connections were made to %q, want the public address alone", c.addresses)
	}
}

// TestAddresses: what the URL says itself is looked at the same way.
func TestAddresses(t *testing.T) {
	tests := []struct {
		host   string
		public bool
		reason string
	}{
		{"127.0.0.1", false, "loopback"},
		{"10.1.2.3", false, "RFC 1918"},
		{"172.31.0.1", false, "RFC 1918"},
		{"192.168.1.1", false, "RFC 1918"},
		{"169.254.169.254", false, "link-local: the metadata of clouds"},
		{"100.64.0.1", false, "RFC 6598, shared by carriers"},
		{"0.0.0.0", false, "this host"},
		{"224.0.0.1", false, "multicast"},
		{"240.0.0.1", false, "reserved"},
		{"255.255.255.255", false, "broadcast"},
		{"198.18.0.1", false, "benchmarks"},
		{"[::1]", false, "loopback"},
		{"[fe80::1]", false, "link-local"},
		{"[fd00::1]", false, "unique local"},
		{"[::ffff:10.0.0.1]", false, "RFC 1918 in IPv6"},
		{"[64:ff9b::a00:1]", false, "RFC 1918 behind NAT64"},
		{"[2002:a00:1::1]", false, "RFC 1918 in 6to4"},
		{"[2001:db8::1]", false, "documentation"},
		{"2130706433", false, "127.0.0.1 as a number, where a resolver takes it"},
		{"localhost", false, "a name of this host"},
		{"1.1.1.1", true, "public"},
		{"[2606:4700:4700::1111]", true, "public"},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			c := &control{}
			err := newSink(t, "http://"+tt.host+":9/", webhook.WithDialer(c.hook(&net.Dialer{})), webhook.WithPublicAddressesOnly()).Export(t.Context(), some(1))
			if err == nil || (len(c.addresses) > 0) != tt.public {
				t.Errorf("%v, connections to %q: %s", err, c.addresses, tt.reason)
			}
		})
	}
}
