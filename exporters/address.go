package exporters

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters/sink"
)

// maxAddress bounds a host's name: that of DNS, RFC 1035.
const maxAddress = 255

// address returns the attributes that the metrics of an exporter have for its host.
func address(e event.Exporter) (kvs []attribute.KeyValue) {
	defer func() {
		if recover() != nil { // it is the application's code
			kvs = nil
		}
	}()
	host, port := addressOf(e)
	if host == "" || len(host) > maxAddress || strings.ContainsAny(host, "/@?# ") {
		return nil
	}
	kvs = append(kvs, semconv.ServerAddressKey.String(host))
	if port > 0 && port <= 0xffff {
		kvs = append(kvs, semconv.ServerPortKey.Int(port))
	}
	return kvs
}

// addressOf returns the host that the exporter sends to, if it is one that says so.
func addressOf(e event.Exporter) (host string, port int) {
	if a, ok := e.(sink.Addressed); ok {
		return a.ServerAddress()
	}
	return "", 0
}

// ServerAddress implements [sink.Addressed] for the exporter behind it.
func (r *Retry) ServerAddress() (host string, port int) {
	if r == nil {
		return "", 0
	}
	return addressOf(r.next)
}

// ServerAddress implements [sink.Addressed] for the exporter behind it.
func (s *Spool) ServerAddress() (host string, port int) {
	if s == nil {
		return "", 0
	}
	return addressOf(s.next)
}

var (
	_ sink.Addressed = (*Retry)(nil)
	_ sink.Addressed = (*Spool)(nil)
)
