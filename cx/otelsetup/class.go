package otelsetup

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Classes of losses, which are values of error.type. HTTP status codes, such as "404", and gRPC codes, such as
// "UNAVAILABLE", are classes too.
const (
	classQueueFull = "queue_full"       // the convention's name
	classShutdown  = "already_shutdown" // the convention's name
	classRejected  = "rejected"         // the convention's name: the server took the other part
	classRefused   = "connection_refused"
	classReset     = "connection_reset"
	classTimeout   = "timeout"
	classCanceled  = "canceled"
	className      = "name_resolution"
	classPlain     = "server_without_tls"
	classTLS       = "tls_certificate"
	classProtocol  = "other_protocol"
	classBusy      = "overloaded"
	classOther     = "_OTHER" // the convention's name
)

// Texts of errors that have no type, from the exporters, Go's HTTP client and gRPC.
var (
	httpStatus = regexp.MustCompile(`failed to send (?:metrics |logs )?to \S+: (\d{3}) `)
	ownTimeout = regexp.MustCompile(`(?:reader|processor|exporter) [a-z ]*timeout`)
	partial    = regexp.MustCompile(`\((\d+) (?:spans|metric data points|logs|log records) rejected\)`)
)

// classOf returns the class of an exporter's error. The classes are few, and none contains a name from outside.
func classOf(err error) string {
	text := err.Error()
	if s, ok := status.FromError(err); ok && s.Code() != codes.OK {
		if class := classOfText(s.Message()); class != "" {
			return class
		}
		return screaming(s.Code())
	}
	var (
		dns         *net.DNSError
		unknown     x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
		certificate *tls.CertificateVerificationError
	)
	if m := httpStatus.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return classRefused
	case errors.As(err, &dns):
		return className
	case errors.Is(err, http.ErrSchemeMismatch):
		return classPlain
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return classTLS
	case strings.Contains(text, "retry-able request failure: body:"):
		return classBusy
	}
	if class := classOfText(text); class != "" {
		return class
	}
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(), ownTimeout.MatchString(text):
		return classTimeout
	case errors.Is(err, context.Canceled):
		return classCanceled
	case errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return classReset
	}
	return classOther
}

// classOfText finds the class in the texts of gRPC and of Go's HTTP client.
func classOfText(text string) string {
	for _, c := range []struct{ part, class string }{
		{"connection refused", classRefused},
		{"no such host", className},
		{"produced zero addresses", className},
		{"first record does not look like a TLS handshake", classPlain},
		{"x509: ", classTLS},
		{"malformed HTTP response", classProtocol},
		{"readLoopPeekFailLocked: %!w(<nil>)", classProtocol}, // the server spoke before it was asked
		{"error reading server preface", classProtocol},
		{"frame too large", classProtocol},
		{"unexpected HTTP status code received from server: ", classProtocol},
		{"connection reset by peer", classReset},
		{"broken pipe", classReset},
		{"broken connection", classReset},             // a request that could not be written
		{"server closed idle connection", classReset}, // before the request was there
		{"use of closed network connection", classReset},
		{"transport connection broken", classReset},
	} {
		if strings.Contains(text, c.part) {
			return c.class
		}
	}
	return ""
}

// screaming returns the code's name in gRPC's protocol, such as DEADLINE_EXCEEDED.
func screaming(c codes.Code) string {
	if c == codes.Canceled {
		return "CANCELLED"
	}
	var b strings.Builder
	for i, r := range c.String() {
		if i > 0 && r >= 'A' && r <= 'Z' && c != codes.OK {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// rejectedBy returns the number of items that the server rejected in a partial success. The exporter appends the count to
// the server's own message, so the last number counts.
func rejectedBy(err error) (int64, bool) {
	text := err.Error()
	if !strings.Contains(text, "OTLP partial success: ") {
		return 0, false
	}
	all := partial.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(all[len(all)-1][1], 10, 64)
	return n, err == nil
}

// remedy returns what to do about a loss.
func (d destination) remedy(class string) string {
	at := d.address
	switch class {
	case classQueueFull:
		return fmt.Sprintf("more came than could be sent: raise %s, or find out why sending is slow", d.queueVariable())
	case classShutdown:
		return "it was recorded after Shutdown: shut the servers and the clients down before the SDK"
	case classRejected:
		return "the server took the rest and refused these: its log says why"
	case classRefused:
		return fmt.Sprintf("there is no server at %s: start it, or correct %s", at, d.variable)
	case classReset:
		return fmt.Sprintf("the server at %s, or a proxy before it, ends the connection: look into its log", at)
	case classTimeout, classCanceled, screaming(codes.DeadlineExceeded), screaming(codes.Canceled):
		return fmt.Sprintf("the server at %s does not answer in time: see whether it runs and is reached, or raise OTEL_EXPORTER_OTLP_TIMEOUT", at)
	case className:
		return fmt.Sprintf("the host of %s is not known here: correct %s", at, d.variable)
	case classPlain:
		return fmt.Sprintf("the server at %s has no TLS: begin %s with http:// instead of https://", at, d.variable)
	case classTLS:
		return fmt.Sprintf("the certificate of %s is not trusted: name its authority in OTEL_EXPORTER_OTLP_CERTIFICATE", at)
	case classProtocol:
		return fmt.Sprintf("the server at %s speaks another protocol than %s: 4317 is the port of gRPC and 4318 that of HTTP; correct %s or %s", at, d.protocol, d.variable, varProtocol)
	case classBusy:
		return fmt.Sprintf("the server at %s is overloaded or away (429, 502, 503 or 504) until no time is left to try again: look into its log", at)
	case "401", "403", screaming(codes.Unauthenticated), screaming(codes.PermissionDenied):
		return fmt.Sprintf("the server at %s does not let this service in: correct %s", at, varHeaders)
	case "404", "405", screaming(codes.Unimplemented):
		return fmt.Sprintf("the server at %s does not take this signal at this path: %s gets /v1/%s added, and %s is used as it is; a backend that does not take it at all wants OTEL_%s_EXPORTER=none",
			at, varEndpoint, strings.ToLower(d.signal), ownVariable(d.signal, "ENDPOINT"), d.signal)
	case "413":
		return fmt.Sprintf("the server at %s takes no request of this size: lower %s", at, d.batchVariable())
	default:
		if at == "" {
			return fmt.Sprintf("the exporter %q that OTEL_%s_EXPORTER names fails", d.exporter, d.signal)
		}
		return fmt.Sprintf("the server at %s does not take it: look into its log", at)
	}
}

func (d destination) queueVariable() string {
	if d.signal == signalLogs {
		return "OTEL_BLRP_MAX_QUEUE_SIZE"
	}
	return "OTEL_BSP_MAX_QUEUE_SIZE"
}

func (d destination) batchVariable() string {
	switch d.signal {
	case signalLogs:
		return "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"
	case signalTraces:
		return "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
	default:
		return "the number of series"
	}
}
