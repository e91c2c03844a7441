package otelsetup

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	sinks "cairncx.dev/cairn/exporters/sink"
)

// The names of the three signals in the standard variables.
const (
	signalTraces  = "TRACES"
	signalMetrics = "METRICS"
	signalLogs    = "LOGS"
)

const (
	exporterOTLP = "otlp"
	exporterNone = "none"

	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"

	schemeHTTP  = "http"
	schemeHTTPS = "https"
)

// The variables for all signals.
const (
	varEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	varProtocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	varHeaders  = "OTEL_EXPORTER_OTLP_HEADERS"
)

// destination is the destination of one signal, from the variables.
type destination struct {
	signal   string // of the three
	exporter string // the value of OTEL_…_EXPORTER: otlp, console, none or a registered one
	protocol string // of otlp
	variable string // the one that names the endpoint, or would
	host     string // of address
	port     int    // the endpoint's, or its scheme's; 0 is not known
	address  string // host and port, without user, password or path; "" where the exporter has none
}

// destinationOf reads the variables of a signal as autoexport and the OTLP exporters do: the signal's own variable comes
// before the general one, and an empty variable counts as unset.
func destinationOf(signal string) destination {
	d := destination{signal: signal, exporter: exporterOTLP, protocol: protocolHTTP, variable: varEndpoint}
	if v := os.Getenv("OTEL_" + signal + "_EXPORTER"); v != "" {
		d.exporter = v
	}
	if d.exporter != exporterOTLP {
		return d
	}
	for _, name := range []string{ownVariable(signal, "PROTOCOL"), varProtocol} {
		if v := os.Getenv(name); v != "" {
			d.protocol = v
			break
		}
	}
	d.address = "localhost:4318"
	if d.protocol == protocolGRPC {
		d.address = "localhost:4317"
	}
	d.host, d.port = sinks.SplitAddress(d.address)
	for _, name := range []string{ownVariable(signal, "ENDPOINT"), varEndpoint} {
		raw := os.Getenv(name)
		if v := strings.TrimSpace(raw); v != "" {
			d.variable, d.address = name, hostOf(v)
			d.host, d.port = sinks.SplitAddress(v)
			break
		}
		if raw != "" && signal == signalLogs { // the exporter of logs does not trim
			d.variable = name
			break
		}
	}
	return d
}

func ownVariable(signal, what string) string { return "OTEL_EXPORTER_OTLP_" + signal + "_" + what }

// hostOf returns the host and port of an endpoint. The rest is never shown, because user, password, path and query may be
// secrets.
func hostOf(endpoint string) string {
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		return u.Host
	}
	if _, rest, ok := strings.Cut(endpoint, "://"); ok {
		endpoint = rest
	}
	endpoint = endpoint[strings.LastIndexByte(endpoint, '@')+1:]
	if i := strings.IndexAny(endpoint, "/?#"); i >= 0 {
		endpoint = endpoint[:i]
	}
	return endpoint
}

// checkVariables returns all faults in the variables of the signals that go to OTLP. The exporters themselves would use
// another endpoint or fail at each export, would drop a faulty header, and would report it to OpenTelemetry's internal log
// only.
func checkVariables(signals ...string) error {
	var errs []error
	told := map[string]bool{}
	tell := func(name string, err error) {
		if err != nil && !told[name] {
			told[name] = true
			errs = append(errs, err)
		}
	}
	for _, signal := range signals {
		d := destinationOf(signal)
		if d.exporter != exporterOTLP {
			continue
		}
		tell(d.variable, checkEndpoint(d))
		for _, name := range []string{varHeaders, ownVariable(signal, "HEADERS")} {
			tell(name, checkHeaders(name))
		}
	}
	return errors.Join(errs...)
}

// checkEndpoint checks that the exporters read the endpoint as it is meant.
func checkEndpoint(d destination) error {
	raw := os.Getenv(d.variable)
	value := strings.TrimSpace(raw)
	if value == "" && (raw == "" || d.signal != signalLogs) {
		return nil
	}
	wrong := func(what, remedy string) error {
		return fmt.Errorf("%s is %.80q: %s: %s", d.variable, shown(value), what, remedy)
	}
	write := "write " + suggestion(d, value)
	u, err := url.Parse(value)
	switch {
	case value == "":
		return wrong("it has blanks only", "unset it, or "+write)
	case value != raw && d.signal == signalLogs:
		return wrong("there are blanks around it, with which logs would go elsewhere", "remove them")
	case err != nil && !strings.Contains(value, "://"):
		return wrong("it has no scheme", write)
	case err != nil:
		return wrong("it is no URL", write)
	}
	switch scheme := strings.ToLower(u.Scheme); {
	case scheme == schemeHTTP, scheme == schemeHTTPS:
		if u.Host == "" && u.Opaque == "" && strings.Trim(u.Path, "/") == "" || u.Host != "" && u.Hostname() == "" {
			return wrong("it names no host", write)
		}
		if u.Host == "" {
			return wrong("the slashes after the scheme are missing", write)
		}
		if p := u.Port(); p != "" {
			if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
				return wrong("there is no such port", write)
			}
		}
		return nil
	case d.protocol == protocolGRPC && d.signal != signalLogs && u.Scheme != "" && !strings.Contains(value, "://"):
		return nil // host:port, or unix:path: gRPC for spans and metrics takes it as a target
	case d.protocol == protocolGRPC && d.signal != signalLogs && slices.Contains([]string{"dns", "unix", "unix-abstract", "passthrough", "xds", "ipv4", "ipv6"}, scheme):
		return nil
	case !strings.Contains(value, "://"):
		return wrong("it has no scheme", write)
	default:
		return wrong(fmt.Sprintf("the scheme %q cannot be used here", scheme), write)
	}
}

// shown returns the endpoint without the parts that may be secret.
func shown(value string) string {
	host := hostOf(value)
	if scheme, _, ok := strings.Cut(value, "://"); ok {
		return scheme + "://" + host
	}
	if rest, ok := strings.CutPrefix(value, "//"); ok {
		return "//" + hostOf(rest)
	}
	return host
}

// suggestion returns a valid endpoint, with the intended host and port if they are recognizable.
func suggestion(d destination, value string) string {
	fallback := "http://localhost:4318"
	if d.protocol == protocolGRPC {
		fallback = "http://localhost:4317"
	}
	host := strings.TrimLeft(hostOf(strings.TrimPrefix(value, "//")), "/")
	if scheme, rest, ok := strings.Cut(host, ":"); ok && (scheme == schemeHTTP || scheme == schemeHTTPS) {
		host = rest
	}
	name, port, err := net.SplitHostPort(host)
	switch {
	case err != nil && host != "" && !strings.ContainsAny(host, ": %[]"):
		name, port = host, ""
	case name == "": // also where host has none, since it cannot be read
		name = "localhost"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		_, port, _ = net.SplitHostPort(strings.TrimPrefix(fallback, "http://"))
	}
	return "http://" + net.JoinHostPort(name, port) + ", or https:// with TLS"
}

// checkHeaders checks a list of headers by the exporters' rules. Its errors never contain a value.
func checkHeaders(name string) error {
	for i, entry := range strings.Split(os.Getenv(name), ",") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		key, value, ok := strings.Cut(entry, "=")
		if !ok {
			return fmt.Errorf("%s: entry %d has no '=': want name=value, with a comma between entries and %%2C for a comma in a value", name, i+1)
		}
		if key = strings.TrimSpace(key); !isToken(key) {
			return fmt.Errorf("%s: the name of entry %d is none for a header: use letters, digits and hyphens", name, i+1)
		}
		if _, err := url.PathUnescape(value); err != nil {
			return fmt.Errorf("%s: the value of entry %d (%.40s) has a %% that is no escape: write %%25 for a percent sign", name, i+1, key)
		}
	}
	return nil
}

// isToken reports whether s is a token by RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("!#$%&'*+-.^_`|~", c):
		default:
			return false
		}
	}
	return s != ""
}
