package oidc

import (
	"net/url"
	"path"
	"strings"
)

// maxBack bounds the address to which a reader comes back: it is in a cookie.
const maxBack = 512

// back returns where a reader goes after the sign-in: the address, if it is a path of the console, else the console's first page. It never leads to another
// server, to a path beside the console, or to a path that signs in or out.
func (s *SignIn) back(to string) string {
	if len(to) > maxBack || !strings.HasPrefix(to, s.base) || strings.Contains(to, `\`) ||
		strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f }) { // browsers read "\" as "/", and drop tabs and line breaks
		return s.base
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || u.Fragment != "" {
		return s.base
	}
	before, _, _ := strings.Cut(to, "?")
	if strings.Contains(before, "//") || path.Clean(before) != strings.TrimSuffix(before, "/") && before != "/" || dots(u.Path) {
		return s.base
	}
	switch first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, s.base), "/"); first {
	case "sign-in", "sign-out", "signed-out":
		return s.base
	}
	return to
}

// dots reports whether a path, with its escapes read, has a segment that a browser would walk.
func dots(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}
