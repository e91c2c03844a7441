package httpsink

import (
	"net"
	"net/http"
	"time"
)

// DialTimeout is how long it may take to connect.
const DialTimeout = 10 * time.Second

// NewTransport returns a transport with bounds on everything that a receiver can make last: 10 seconds to
// connect and for the handshake, 64 KiB of headers, nothing decompressed. A connection of HTTP/2 whose other
// end has gone without a word is closed when it has been silent for 15 seconds and does not answer a ping for
// another 10: a request that is cancelled does not close it, unlike one of HTTP/1.1, and the requests after it
// would all meet with it. The transport has the proxy of the environment and the system's roots, which its
// caller may change before the first request. Its owner closes its idle connections.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: DialTimeout}).DialContext,
		ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
		WriteBufferSize: 64 << 10,
		HTTP2:           &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second, WriteByteTimeout: 10 * time.Second},
	}
}
