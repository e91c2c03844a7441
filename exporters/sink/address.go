package sink

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Addressed is an optional ability of an exporter: it says which host its events go to. A Batch, Retry or Spool in front of it
// adds the answer to its metrics cx.sdk.exporter.* as server.address and server.port. An exporter that wraps another one
// should answer for it, as Retry, Spool and Filter do.
type Addressed interface {
	// ServerAddress returns the host, which is a name or an IP address, and the port. It never returns a URL, which may hold a
	// secret. The host is empty if there is none, as for a file, and the port is 0 if it is unknown. The component in front
	// calls it once, when it is made. It must not wait, must be safe for concurrent use, and must work on a nil exporter.
	ServerAddress() (host string, port int)
}

// SplitAddress returns the host and the port of an address. The address has the form host:port, [host]:port or host, or is a
// URL; a URL without a port has that of its scheme (http, https, ws, wss). The host is empty if there is none, and the port is
// 0 if it is unknown. Everything else in a URL, such as a password, is left out.
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
