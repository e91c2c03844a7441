package oidc

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/insight"
)

// Claims say who has signed in. The provider has signed them, or has given them by UserInfo over TLS, for the same subject.
type Claims struct {
	// Subject is the reader at the provider: it is never given to another person. 1 to 255 bytes.
	Subject string `json:"s"`
	// Name is how the reader is called, for display; it proves nothing. Empty if the provider gives none, or one of more than 200 bytes.
	Name string `json:"n,omitempty"`
	// Mail is the reader's address as insight.MailAddress returns it, if the provider says that it has verified it (email_verified), else empty.
	Mail string `json:"m,omitempty"`
	// Groups are those of [Config.GroupsClaim] which [Config.KeepGroups] keeps, sorted.
	Groups []string `json:"g,omitempty"`
	// GroupsLeftOut means that the provider has left out the groups, because there are too many for a token (Microsoft Entra ID: more than 200).
	GroupsLeftOut bool `json:"o,omitempty"`
	// Other has the claims of [Config.KeepClaims] which the provider gave, as JSON.
	Other map[string]json.RawMessage `json:"x,omitempty"`
}

// Bounds of claims.
const (
	maxSubject = 255 // OpenID Connect Core 1.0, section 2
	maxName    = 200
)

var (
	errSubject = errors.New("oidc: the ID token has no subject of 1 to 255 bytes")
	errClaims  = errors.New("oidc: the claims are no JSON object")
)

// raw is a JSON object of claims.
type raw map[string]json.RawMessage

// text is a claim that is a string; "" is none.
func (r raw) text(name string) (s string) {
	if json.Unmarshal(r[name], &s) != nil {
		return ""
	}
	return s
}

// yes reports whether a claim is true. Some providers write it as a string.
func (r raw) yes(name string) bool { return string(r[name]) == "true" || string(r[name]) == `"true"` }

// has reports whether there is such a claim.
func (r raw) has(name string) bool { return len(r[name]) > 0 && string(r[name]) != "null" }

// lacks reports whether one of the claims that the configuration reads is missing.
func (c *Config) lacks(r raw) bool {
	for _, name := range append([]string{"name", "email", c.GroupsClaim}, c.KeepClaims...) {
		if !r.has(name) {
			return true
		}
	}
	return false
}

// complete adds the claims of UserInfo that the ID token does not have. An address goes with what is said about it.
func (r raw) complete(more raw) {
	if r.has("email") {
		delete(more, "email_verified")
	} else {
		delete(r, "email_verified")
	}
	for name, value := range more {
		if !r.has(name) {
			r[name] = value
		}
	}
}

// claims reads the claims that a session keeps.
func (c *Config) claims(r raw) (Claims, error) {
	got := Claims{Subject: r.text("sub")}
	if got.Subject == "" || len(got.Subject) > maxSubject || !utf8.ValidString(got.Subject) {
		return Claims{}, errSubject
	}
	if name := strings.TrimSpace(r.text("name")); len(name) <= maxName && !strings.ContainsFunc(name, unicode.IsControl) {
		got.Name = name
	}
	if address, ok := insight.MailAddress(r.text("email")); ok && r.yes("email_verified") {
		got.Mail = address
	}
	got.Groups, got.GroupsLeftOut = c.groups(r)
	for _, name := range c.KeepClaims {
		if r.has(name) {
			if got.Other == nil {
				got.Other = map[string]json.RawMessage{}
			}
			got.Other[name] = r[name]
		}
	}
	return got, nil
}

// groups reads the groups. It reports whether the provider has left them out: it then names them as a claim to be had elsewhere (OpenID Connect Core 1.0,
// section 5.6.2), or says "hasgroups".
func (c *Config) groups(r raw) (list []string, leftOut bool) {
	if !r.has(c.GroupsClaim) {
		var elsewhere map[string]any
		_ = json.Unmarshal(r["_claim_names"], &elsewhere) // without it there is none elsewhere
		_, named := elsewhere[c.GroupsClaim]
		return nil, named || r.yes("hasgroups")
	}
	if json.Unmarshal(r[c.GroupsClaim], &list) != nil {
		list = []string{r.text(c.GroupsClaim)}
	}
	list = slices.DeleteFunc(list, func(g string) bool { return g == "" || c.KeepGroups != nil && !slices.Contains(c.KeepGroups, g) })
	slices.Sort(list)
	return slices.Clip(slices.Compact(list)), false
}
