package otlplog

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
)

// environment reads the variables of the specifications "OpenTelemetry Protocol Exporter" and "Environment Variable
// Specification".
type environment struct {
	c   *config
	get func(string) string
}

// apply fills in the settings that no option has set.
func (e *environment) apply() {
	if e.c.endpoint == "" {
		e.protocol()
		e.endpoint()
	}
	e.headers()
	if name, v := e.of("TIMEOUT"); v != "" && !e.c.timeoutSet {
		ms, err := strconv.Atoi(v)
		if err != nil || ms <= 0 || ms > 1<<31 {
			e.fault(name, "has to be a number of milliseconds")
		}
		e.c.timeout = time.Duration(ms) * time.Millisecond
	}
	if name, v := e.of("COMPRESSION"); !e.c.compressionSet {
		switch v {
		case "", "gzip":
		case "none":
			e.c.compression = NoCompression
		default:
			e.fault(name, `has to be "gzip" or "none"`)
		}
	}
	if e.c.tls == nil && e.c.client == nil {
		e.certificates()
	}
	if !e.c.resourceSet {
		e.resource()
	}
}

// of returns the variable for logs, or that for all signals if the first is not set, and its name.
func (e *environment) of(what string) (name, v string) {
	for _, name = range []string{"OTEL_EXPORTER_OTLP_LOGS_" + what, "OTEL_EXPORTER_OTLP_" + what} {
		if v = strings.TrimSpace(e.get(name)); v != "" {
			break
		}
	}
	return name, v
}

// fault records the fault of a variable, without its value, which may be a secret.
func (e *environment) fault(name, wrong string) {
	e.c.errs = append(e.c.errs, fmt.Errorf("%s in the environment: it %s", name, wrong)) //nolint:err113 // one of many faults
}

// protocol refuses protocols that this package does not speak. It is not called if an option has set the endpoint, because the
// variables may describe another endpoint.
func (e *environment) protocol() {
	const remedy = "set OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf and the endpoint for that, port 4318 with a Collector, or use WithEndpoint"
	name, v := e.of("PROTOCOL")
	switch v {
	case "", "http/protobuf":
	case "grpc", "http/json":
		e.fault(name, "is "+v+", and this exporter speaks http/protobuf alone: "+remedy)
	default:
		e.fault(name, "has to be http/protobuf: "+remedy)
	}
}

func (e *environment) endpoint() {
	name, v := e.of("ENDPOINT")
	if v == "" {
		e.c.endpoint = DefaultEndpoint
		return
	}
	u, err := parseEndpoint(v)
	if err != nil {
		e.fault(name, "is "+err.Error())
		return
	}
	if strings.HasPrefix(name, "OTEL_EXPORTER_OTLP_LOGS_") {
		if u.Path == "" {
			u.Path = "/" // the specification uses this URL unchanged
		}
	} else {
		u = u.JoinPath("v1", "logs")
	}
	e.c.endpoint = u.String()
}

// headers reads key=value pairs, separated by commas and percent-encoded. A header of an option takes precedence.
func (e *environment) headers() {
	name, v := e.of("HEADERS")
	h := http.Header{}
	for pair := range strings.SplitSeq(v, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, ok := pairOf(pair)
		if !ok || setHeader(h, key, value) != nil {
			e.fault(name, "has to be key=value pairs with commas between them, percent-encoded, that are HTTP headers")
			return
		}
	}
	for key, values := range h {
		if _, set := e.c.header[key]; !set {
			e.c.header[key] = values
		}
	}
}

// pairOf reads "key=value", percent-encoded.
func pairOf(pair string) (key, value string, ok bool) {
	key, value, ok = strings.Cut(pair, "=")
	key, err1 := url.PathUnescape(strings.TrimSpace(key))
	value, err2 := url.PathUnescape(strings.TrimSpace(value))
	return key, value, ok && key != "" && err1 == nil && err2 == nil
}

func (e *environment) certificates() {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	some := false
	if name, v := e.of("CERTIFICATE"); v != "" {
		pem, err := os.ReadFile(filepath.Clean(v))
		t.RootCAs = x509.NewCertPool()
		if err != nil || !t.RootCAs.AppendCertsFromPEM(pem) {
			e.fault(name, "has to be a file of certificates in PEM")
		}
		some = true
	}
	name, cert := e.of("CLIENT_CERTIFICATE")
	_, key := e.of("CLIENT_KEY")
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			e.fault(name, "and CLIENT_KEY beside it have to be files of a certificate and its key in PEM")
		}
		t.Certificates = []tls.Certificate{pair}
		some = true
	}
	if some {
		e.c.tls = t
	}
}

// resource reads the variables of the SDK's resource.Default, in the same way. A faulty pair costs that pair at most. resource
// reports the number of faulty pairs to OpenTelemetry's error handler, without the pairs, which may hold a secret.
func (e *environment) resource() {
	kvs := []attribute.KeyValue{attribute.String("service.name", "unknown_service:"+filepath.Base(os.Args[0]))}
	var without, encoded int
	for pair := range strings.SplitSeq(strings.TrimSpace(e.get("OTEL_RESOURCE_ATTRIBUTES")), ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			if strings.TrimSpace(pair) != "" {
				without++
			}
			continue
		}
		if key = strings.TrimSpace(key); key == "" {
			without++
			continue
		}
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if err != nil {
			encoded++
			decoded = value // unchanged
		}
		kvs = append(kvs, attribute.String(key, decoded))
	}
	if without+encoded > 0 {
		otel.Handle(fmt.Errorf("cairn: otlplog: OTEL_RESOURCE_ATTRIBUTES in the environment: "+ //nolint:err113 // a report, no caller branches on it
			"%d pairs without a key or \"=\" are left out, %d values that are not percent-encoded are taken as they are", without, encoded))
	}
	if name := strings.TrimSpace(e.get("OTEL_SERVICE_NAME")); name != "" {
		kvs = append(kvs, attribute.String("service.name", name))
	}
	set := attribute.NewSet(kvs...) // the last of a name counts
	e.c.resource = set.ToSlice()
}
