package touchpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
)

// WithSession gives the customer's session to the span of each request, and to the events that are recorded in it, as OpenTelemetry's
// attribute session.id. The function returns the session of a request, 1 to 128 bytes of printable UTF-8, or "" for none. It is called once for
// each request, for several requests at the same time. A panic in it is no session. An event that has the attribute already keeps its own.
// Default: none.
//
// Everyone who reads traces and exports sees the session. It is therefore neither a personal ID, such as that of an
// account, nor the secret by which a browser proves its session. journey.Cookie.Session and [SessionOf] return one that is neither. It
// is never on metrics.
func WithSession(session func(*http.Request) string) HandlerOption {
	return handlerFunc(func(h *handler) { h.session = session })
}

// SessionOf returns a function for [WithSession] that names a session by the cookie in which the application has the secret of its own sessions.
// The ID is half of the SHA-256 (FIPS 180-4) of the secret, as 32 hexadecimal digits: the secret cannot be read back if it is random. Do not use
// it for a cookie that has a name, a number or a mail address.
func SessionOf(cookie string) func(*http.Request) string {
	return func(r *http.Request) string {
		c, err := r.Cookie(cookie)
		if err != nil || c.Value == "" {
			return ""
		}
		sum := sha256.Sum256([]byte("cairn.session.1\x00" + cookie + "\x00" + c.Value))
		return hex.EncodeToString(sum[:16])
	}
}

// sessionKey is the attribute of OpenTelemetry's conventions for sessions.
const sessionKey = attribute.Key("session.id")

// sessionOf returns the session of the request r, and sets it on the span of ctx, if that is a span of this process.
func (h *handler) sessionOf(ctx context.Context, r *http.Request) string {
	if h.session == nil {
		return ""
	}
	id := h.callSession(ctx, r)
	if !event.ValidID(id) {
		return ""
	}
	if s := localSpan(ctx); s != nil && s.IsRecording() {
		s.SetAttributes(sessionKey.String(id))
	}
	return id
}
