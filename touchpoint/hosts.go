package touchpoint

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// host is a name or an address in its one form, and a port; "" is any.
type host struct{ name, port string }

// hosts are those that a position may go to.
type hosts struct {
	exact map[host]bool
	below []host // every host whose name ends so
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

// allow reports whether the URL's host is among them. The port that the URL leaves out is the
// scheme's.
func (hs *hosts) allow(u *url.URL) bool {
	if len(hs.exact) == 0 && len(hs.below) == 0 {
		return false
	}
	name, port := canonicalHost(u.Hostname()), canonicalPort(u.Port())
	if name == "" {
		return false
	}
	if port == "" {
		port = defaultPort(u.Scheme)
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

// splitHost divides "name:port", "[address]:port", a name or an address.
func splitHost(s string) (name, port string) {
	if strings.HasPrefix(s, "[") {
		s = strings.Replace(s, "%25", "%", 1) // a zone as URLs have it (RFC 6874)
	}
	if isAddress(strings.Trim(s, "[]")) {
		return strings.Trim(s, "[]"), ""
	}
	if h, p, err := net.SplitHostPort(s); err == nil {
		return h, canonicalPort(p)
	}
	return s, ""
}

// maxHost is far beyond the 253 bytes of a name in the DNS.
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

// canonicalHost returns the one form of a host's name or address: addresses as netip writes them,
// names in lower case, in Punycode and without the root's dot. It is "" for what is no host.
func canonicalHost(name string) string {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().String()
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
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

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// punycode encodes a label by RFC 3492, sections 6.1 and 6.3. It is here because the library for
// it brings the tables of Unicode along, for everybody who imports this package: a name that is not
// in the normal form NFC is not made so, and is another name, which is told nothing.
func punycode(label string) string {
	const base, tmin, tmax, skew, damp, bias0, n0 = 36, 1, 26, 38, 700, 72, 0x80
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	runes := []rune(label)
	var out []byte
	for _, r := range runes {
		if r < utf8.RuneSelf {
			out = append(out, byte(r)) //nolint:gosec // it is ASCII
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(n0), 0, bias0
	for done := basic; done < len(runes); {
		next := rune(utf8.MaxRune)
		for _, r := range runes {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tmin), tmax)
				if q < t {
					break
				}
				out = append(out, digits[t+(q-t)%(base-t)])
				q = (q - t) / (base - t)
			}
			out = append(out, digits[q])
			first := done == basic
			done++
			if delta /= 2; first {
				delta = delta * 2 / damp // as it was, damped
			}
			delta += delta / done
			k := 0
			for ; delta > (base-tmin)*tmax/2; k += base {
				delta /= base - tmin
			}
			bias = k + (base-tmin+1)*delta/(delta+skew)
			delta = 0
		}
		delta++
		n++
	}
	return string(out)
}
