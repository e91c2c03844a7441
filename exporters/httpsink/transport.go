package httpsink

import (
	"net"
	"net/http"
	"time"
)

// DialTimeout bounds the time to connect.
const DialTimeout = 10 * time.Second

// NewTransport returns a transport that bounds everything that a receiver can delay: 10 seconds to connect, 10 seconds for the
// TLS handshake and 64 KiB of headers. It decompresses nothing.
//
// The transport closes an HTTP/2 connection that is silent for 15 seconds and then does not answer a ping for 10 seconds.
// Otherwise all later requests would use the dead connection: a cancelled request closes a connection of HTTP/1.1, but not one
// of HTTP/2.
//
// The transport uses the environment's proxy and the system's root certificates. The caller may change both before the first
// request. The caller closes the idle connections.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: DialTimeout}).DialContext,
		ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
		WriteBufferSize: 64 << 10,
		HTTP2:           &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second, WriteByteTimeout: 10 * time.Second},
	}
}
