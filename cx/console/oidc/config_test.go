package oidc_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// TestFaultyConfig: each fault is named with what to do, and no error has a secret.
func TestFaultyConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		change func(*oidc.Config)
		fault  string
	}{
		{"a provider without TLS", func(c *oidc.Config) { c.Issuer = "http://accounts.example.com" }, "Config.Issuer"},
		{"a provider that only looks like this machine", func(c *oidc.Config) { c.Issuer = "http://localhost.example.com" }, "Config.Issuer"},
		{"an issuer with a query", func(c *oidc.Config) { c.Issuer += "?a=b" }, "Config.Issuer"},
		{"no client", func(c *oidc.Config) { c.ClientID = "" }, "Config.ClientID"},
		{"a redirect without TLS", func(c *oidc.Config) { c.RedirectURL = "http://cx.example.com/sign-in/callback" }, "Config.RedirectURL"},
		{"a redirect that the console does not answer", func(c *oidc.Config) { c.RedirectURL = "https://cx.example.com/cx/callback" }, "Config.RedirectURL"},
		{"a redirect of another path", func(c *oidc.Config) { c.RedirectURL = "https://cx.example.com/xsign-in/callback" }, "Config.RedirectURL"},
		{"a password in the redirect", func(c *oidc.Config) { c.RedirectURL = "https://u:p@cx.example.com/sign-in/callback" }, "Config.RedirectURL"},
		{"no key", func(c *oidc.Config) { c.Keys = nil }, "Config.Keys is empty"},
		{"a short key", func(c *oidc.Config) { c.Keys = append(c.Keys, []byte("short secret")) }, "Config.Keys[1] has 12 bytes"},
		{"no viewer", func(c *oidc.Config) { c.Viewer = nil }, "Config.Viewer"},
		{"longer than a working day", func(c *oidc.Config) { c.Session = 9 * time.Hour }, "Config.Session"},
		{"shorter than a minute", func(c *oidc.Config) { c.Session = time.Second }, "Config.Session"},
		{"a name that is no cookie's", func(c *oidc.Config) { c.Cookie = "a=b; Domain=com" }, "Config.Cookie"},
		{"a way on without TLS", func(c *oidc.Config) { c.SignedOutURL = "http://example.com/" }, "Config.SignedOutURL"},
	} {
		cfg := oidc.Config{
			Issuer: "https://accounts.example.com", ClientID: "console", ClientSecret: "the secret", RedirectURL: at + "sign-in/callback", Keys: [][]byte{key('k')},
			Viewer: oidc.Groups(map[string]insight.Viewer{}),
		}
		c.change(&cfg)
		s, err := oidc.New(t.Context(), cfg)
		if err == nil || s != nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q and nothing else", c.reason, err, c.fault)
		}
	}
}

// TestLoopback: on this machine a console works without TLS. Its cookies have its path, and no prefix that a browser would refuse.
func TestLoopback(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	cfg := l.config()
	cfg.RedirectURL = "http://127.0.0.1:8080/cx/sign-in/callback"
	_, h := mount(t, cfg)
	b := begin(t, h, "/cx/")
	session := cookie(l.finish(h, b, "&code=c"), "cairn")
	if session == nil || session.Name != "cairn" || session.Secure || session.Path != "/cx/" || !session.HttpOnly {
		t.Errorf("the session is %v", session)
	}
}
