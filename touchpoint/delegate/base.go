package delegate

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dunglas/httpsfv"
)

// component is one covered component of a signature: a field of the request, or something derived from it.
type component struct {
	name string
	id   string // with its parameters, as it appears in the signature base
	key  string // the member of a dictionary; hasKey says whether there is one
	of   string // the name of a query parameter

	hasKey, wrapped bool
}

type components []component

// componentsOf returns the components that a signature covers, or why they are not good. After RFC 9421, section 2, a component occurs once.
func componentsOf(input *httpsfv.InnerList) (all components, invalid string) {
	if len(input.Items) > maxComponents {
		return nil, "it covers more than 32 components"
	}
	for i := range input.Items {
		c, why := componentOf(&input.Items[i])
		if why != "" {
			return nil, why
		}
		if slices.ContainsFunc(all, func(o component) bool { return o.id == c.id }) {
			return nil, "it covers a component twice"
		}
		all = append(all, c)
	}
	return all, ""
}

// componentOf returns one component. Parameters sf, req and tr are refused: a request has no other message, and the type of a field would have to be known.
func componentOf(item *httpsfv.Item) (c component, invalid string) {
	name, ok := item.Value.(string)
	if !ok || name == "" || name != strings.ToLower(name) {
		return c, "it covers a component whose name is no text in small letters"
	}
	id, err := httpsfv.Marshal(*item)
	if err != nil {
		return c, "it covers a component that cannot be written"
	}
	c = component{name: name, id: id}
	if item.Params == nil {
		return c, ""
	}
	for _, p := range item.Params.Names() {
		v, _ := item.Params.Get(p)
		s, isText := v.(string)
		switch {
		case p == "key" && isText && name[0] != '@':
			c.key, c.hasKey = s, true
		case p == "bs" && v == true && name[0] != '@':
			c.wrapped = true
		case p == "name" && isText && name == "@query-param":
			c.of = s
		default:
			return c, "it covers a component with a parameter that is not supported"
		}
	}
	if c.hasKey && c.wrapped {
		return c, "it covers a component with key and bs"
	}
	return c, ""
}

// has reports whether the whole component is covered.
func (all components) has(name string) bool {
	return slices.ContainsFunc(all, func(c component) bool { return c.name == name && !c.hasKey && !c.wrapped })
}

// agent returns the covered member of Signature-Agent that names the signer: the one of the label, else the only one. A proxy may change the label, and
// not the member.
func (all components) agent(label string) (member string, ok bool) {
	n := 0
	for _, c := range all {
		if c.name != "signature-agent" || !c.hasKey {
			continue
		}
		if c.key == label {
			return label, true
		}
		member, n = c.key, n+1
	}
	return member, n == 1
}

// base returns the signature base, after RFC 9421, section 2.5, or why there is none.
func (m *message) base(input *httpsfv.InnerList, covered components) (base []byte, invalid string) {
	for _, c := range covered {
		value, ok := m.value(c)
		if !ok || strings.ContainsAny(value, "\r\n") {
			return nil, "it covers a component that the request does not have, or that is not supported"
		}
		base = append(base, c.id...)
		base = append(base, ": "...)
		base = append(base, value...)
		base = append(base, '\n')
		if len(base) > maxSigned {
			return nil, "it covers more than 64 KiB"
		}
	}
	said, err := httpsfv.Marshal(*input)
	if err != nil {
		return nil, "its parameters cannot be written"
	}
	return append(append(base, `"@signature-params": `...), said...), ""
}

// value returns the value of a component.
func (m *message) value(c component) (string, bool) {
	if c.name[0] == '@' {
		return m.derived(c)
	}
	values := m.Header.Values(c.name)
	if c.name == "host" && len(values) == 0 && m.Host != "" {
		values = []string{m.Host}
	}
	if len(values) == 0 {
		return "", false
	}
	switch {
	case c.hasKey:
		return memberOf(values, c.key)
	case c.wrapped:
		var wrapped []string
		for _, v := range values {
			wrapped = append(wrapped, ":"+base64.StdEncoding.EncodeToString([]byte(strings.TrimSpace(v)))+":")
		}
		return strings.Join(wrapped, ", "), true
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Trim(v, " \t")
	}
	return strings.Join(trimmed, ", "), true
}

// memberOf returns the member of a dictionary as RFC 9421, section 2.1.2, writes it.
func memberOf(values []string, name string) (string, bool) {
	d, err := dictionary(values)
	if err != nil {
		return "", false
	}
	member, ok := d.Get(name)
	if !ok {
		return "", false
	}
	var said string
	switch v := member.(type) {
	case httpsfv.Item:
		said, err = httpsfv.Marshal(v)
	case httpsfv.InnerList:
		said, err = httpsfv.Marshal(v)
	default:
		return "", false
	}
	return said, err == nil
}

// derived returns a derived component, after RFC 9421, section 2.2. The path and the query are as the client sent them.
func (m *message) derived(c component) (string, bool) {
	path, query, ok := m.target()
	switch c.name {
	case "@method":
		return m.Method, m.Method != ""
	case "@authority":
		return m.authority(), m.Host != ""
	case "@scheme":
		return m.scheme, true
	case "@target-uri":
		return m.scheme + "://" + m.authority() + path + query, ok && m.Host != ""
	case "@request-target":
		return m.RequestURI, m.RequestURI != ""
	case "@path":
		return path, ok
	case "@query":
		return "?" + strings.TrimPrefix(query, "?"), ok
	case "@query-param":
		return m.queryParam(strings.TrimPrefix(query, "?"), c.of)
	default:
		return "", false
	}
}

// authority returns the host, in small letters and without the port of the scheme.
func (m *message) authority() string {
	host := strings.ToLower(m.Host)
	if m.scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// target returns the path of the request, and its query with the question mark, if there is one.
func (m *message) target() (path, query string, ok bool) {
	switch {
	case strings.HasPrefix(m.RequestURI, "/"):
		path = m.RequestURI
	case m.Method == http.MethodConnect || m.RequestURI == "*" || m.URL == nil:
		return "", "", false
	case m.RequestURI != "": // the absolute form
		_, rest, _ := strings.Cut(m.RequestURI, "://")
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			path = rest[i:]
		}
	default: // a request that no server has received
		path = m.URL.EscapedPath()
		if m.URL.RawQuery != "" || m.URL.ForceQuery {
			path += "?" + m.URL.RawQuery
		}
	}
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path, query = path[:i], path[i:]
	}
	if path == "" {
		path = "/"
	}
	return path, query, true
}

// queryParam returns the only parameter with that name, which is percent-encoded as in the signature: RFC 9421, section 2.2.8.
func (m *message) queryParam(query, name string) (value string, ok bool) {
	if m.query == nil {
		m.query = parseQuery(query)
	}
	all := m.query[name]
	return all.value, all.times == 1
}

// queryValue is the value of a parameter, encoded as a signature has it, and how often the parameter is in the query.
type queryValue struct {
	value string
	times int
}

// parseQuery returns the parameters of a query by their encoded names. A query that is longer than maxSigned, and one that has a malformed
// escape, has none.
func parseQuery(query string) map[string]queryValue {
	found := map[string]queryValue{}
	if len(query) > maxSigned {
		return found
	}
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		k, errK := url.QueryUnescape(k)
		v, errV := url.QueryUnescape(v)
		if errK != nil || errV != nil {
			return map[string]queryValue{}
		}
		if pair != "" {
			name := encodeForm(k)
			found[name] = queryValue{encodeForm(v), found[name].times + 1}
		}
	}
	return found
}

// encodeForm encodes as the URL standard does for application/x-www-form-urlencoded, with %20 for a space.
func encodeForm(s string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '*', c == '-', c == '.', c == '_':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&15])
		}
	}
	return b.String()
}
