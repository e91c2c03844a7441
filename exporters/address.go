package exporters

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// Addressed is an optional ability of an exporter: it says which host its events go to. A [Batch], [Retry] or
// [Spool] in front of it has the answer as server.address and server.port in its metrics cx.sdk.exporter.*. A Retry
// and a Spool have the ability themselves and answer for the exporter behind them; one that wraps another
// exporter does well to do the same.
type Addressed interface {
	// ServerAddress returns the host, which is a name or an IP address and never a URL with what may be
	// secret in it, and the port. The host is empty where there is none, such as for a file, and the port is 0 where
	// it is not known. It is called when the component in front is made, does not wait for anything, and is safe
	// for concurrent use; a nil exporter answers, too.
	ServerAddress() (host string, port int)
}

// maxAddress bounds a host's name: that of DNS, RFC 1035.
const maxAddress = 255

// address returns what the metrics of an exporter say of its host.
func address(e event.Exporter) (kvs []attribute.KeyValue) {
	defer func() {
		if recover() != nil { // it is the application's code
			kvs = nil
		}
	}()
	a, ok := e.(Addressed)
	if !ok {
		return nil
	}
	host, port := a.ServerAddress()
	if host == "" || len(host) > maxAddress || strings.ContainsAny(host, "/@?# ") {
		return nil
	}
	kvs = append(kvs, semconv.ServerAddressKey.String(host))
	if port > 0 && port <= 0xffff {
		kvs = append(kvs, semconv.ServerPortKey.Int(port))
	}
	return kvs
}

// SplitAddress returns the host and the port of an address that is written as host:port, [host]:port or host, or as
// a URL, of which the port is that of its scheme (http, https, ws, wss) where it names none. It is for those who write a
// sink. The host is empty where there is none, and the port 0 where it is not known. What else is in a URL, such as
// a password, is left out.
func SplitAddress(text string) (host string, port int) {
	if strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			return "", 0
		}
		port, _ = strconv.Atoi(u.Port())
		if port == 0 {
			port = map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443}[u.Scheme]
		}
		return u.Hostname(), port
	}
	text = text[strings.LastIndexByte(text, '@')+1:]
	h, p, err := net.SplitHostPort(text)
	if err != nil {
		return strings.Trim(text, "[]"), 0
	}
	port, _ = strconv.Atoi(p)
	return h, port
}

// addressOf returns what the exporter says of its host.
func addressOf(e event.Exporter) (host string, port int) {
	if a, ok := e.(Addressed); ok {
		return a.ServerAddress()
	}
	return "", 0
}

// ServerAddress implements [Addressed] for the exporter behind it.
func (r *Retry) ServerAddress() (host string, port int) {
	if r == nil {
		return "", 0
	}
	return addressOf(r.next)
}

// ServerAddress implements [Addressed] for the exporter behind it.
func (s *Spool) ServerAddress() (host string, port int) {
	if s == nil {
		return "", 0
	}
	return addressOf(s.next)
}

var (
	_ Addressed = (*Retry)(nil)
	_ Addressed = (*Spool)(nil)
)
