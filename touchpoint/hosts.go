package touchpoint

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// host is a name or an address in its canonical form, and a port; "" is every port.
type host struct{ name, port string }

// hosts are the hosts that a position may go to.
type hosts struct {
	exact map[host]bool
	below []host // each allows every host whose name ends with this one
}

func newHosts(allowed []string) hosts {
	hs := hosts{exact: map[host]bool{}}
	for _, a := range allowed {
		suffix, wild := strings.CutPrefix(a, "*.")
		name, port := splitHost(suffix)
		if name = canonicalHost(name); name == "" || strings.ContainsAny(name, "*/@?# ") {
			continue
		}
		switch {
		case !wild:
			hs.exact[host{name, port}] = true
		case !isAddress(name):
			hs.below = append(hs.below, host{"." + name, port})
		}
	}
	return hs
}

// allow reports whether the URL's host is one of them. A URL without a port has the port of its scheme.
func (hs *hosts) allow(u *url.URL) bool {
	if len(hs.exact) == 0 && len(hs.below) == 0 {
		return false
	}
	port := canonicalPort(u.Port())
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return hs.allowHost(canonicalHost(u.Hostname()), port)
}

// allowHost reports whether a host in its canonical form is one of them. An empty port is unknown.
func (hs *hosts) allowHost(name, port string) bool {
	if name == "" {
		return false
	}
	if hs.exact[host{name, ""}] || port != "" && hs.exact[host{name, port}] {
		return true
	}
	if len(hs.below) == 0 || isAddress(name) {
		return false
	}
	for _, h := range hs.below {
		if (h.port == "" || h.port == port) && len(name) > len(h.name) && strings.HasSuffix(name, h.name) {
			return true
		}
	}
	return false
}

func defaultPort(scheme string) string {
	switch strings.ToLower(scheme) {
	case "http":
		return "80"
	case "https":
		return "443"
	default:
		return ""
	}
}

// splitHost splits "name:port" and "[address]:port". A name or an address alone has no port.
func splitHost(s string) (name, port string) {
	if strings.HasPrefix(s, "[") {
		s = strings.Replace(s, "%25", "%", 1) // a zone as URLs have it (RFC 6874)
		if strings.HasSuffix(s, "]") {
			return s[1 : len(s)-1], ""
		}
	} else if isAddress(s) {
		return s, ""
	}
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, canonicalPort(p)
	}
	return s, ""
}

// maxHost bounds the work on a host. A name in the DNS has at most 253 bytes.
const maxHost = 1024

func canonicalPort(p string) string {
	if n, err := strconv.ParseUint(p, 10, 16); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return p
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// canonicalHost returns the canonical form of a host: an address as netip writes it, a name in lower case, in Punycode and
// without the dot of the root. It is "" for a text that is no host.
func canonicalHost(name string) string {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().String()
	}
	name = strings.TrimSuffix(strings.Map(lower, name), ".")
	if len(name) > maxHost || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || !utf8.ValidString(name) {
		return ""
	}
	if isASCII(name) {
		return name
	}
	labels := strings.Split(name, ".")
	for i, l := range labels {
		if !isASCII(l) {
			labels[i] = "xn--" + punycode(l)
		}
	}
	return strings.Join(labels, ".")
}

// lower returns the letter in lower case where both are the same letter in the name of a host. UTS 46 maps two capitals to other
// letters: U+0130 to i and a dot above, not to i, and U+1E9E to ss, not to U+00DF. A letter whose capital is that of another
// letter stays as it is.
func lower(r rune) rune {
	l := unicode.ToLower(r)
	if r == '\u1E9E' || unicode.ToUpper(l) != r {
		return r
	}
	return l
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
