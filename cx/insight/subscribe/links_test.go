package subscribe_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/subscribe"
)

const consoleAt = "https://cx.example.com/cx/"

func newLinks(t *testing.T, keys ...string) *subscribe.Links {
	t.Helper()
	list := make([][]byte, len(keys))
	for i, k := range keys {
		list[i] = []byte(k)
	}
	l, err := subscribe.NewLinks(consoleAt, list...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const oneKey, otherKey = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"

// TestLinks: an address opens to what it was made of, with its key alone, and no address shows who it is for.
func TestLinks(t *testing.T) {
	t.Parallel()
	l := newLinks(t, oneKey)
	for _, c := range []struct{ plan, address, want, reason string }{
		{"support week", "eve@example.com", "eve@example.com", "a usual one"},
		{"support week", "EVE@example.com", "eve@example.com", "an address in another case is the same one"},
		{"a\x00b", "eve@example.com", "eve@example.com", "a plan with the byte that separates"},
		{strings.Repeat("p", 64), strings.Repeat("a", 240) + "@example.com", strings.Repeat("a", 240) + "@example.com", "the longest ones"},
	} {
		address := l.URL(c.plan, c.address)
		token, ok := strings.CutPrefix(address, consoleAt+"unsubscribe/")
		if !ok || strings.ContainsAny(token, "@%") || strings.Contains(token, base64.RawURLEncoding.EncodeToString([]byte("eve@example.com"))[:16]) || len(address) > 900 { // the most that cx/insight/mail sends
			t.Errorf("%s: the address is %s", c.reason, address)
		}
		if plan, to, ok := l.Open(token); !ok || plan != c.plan || to != c.want {
			t.Errorf("%s: it opens to %q, %q, %v", c.reason, plan, to, ok)
		}
		if _, _, ok := newLinks(t, otherKey).Open(token); ok {
			t.Errorf("%s: another key opens it", c.reason)
		}
		if plan, _, ok := newLinks(t, otherKey, oneKey).Open(token); !ok || plan != c.plan {
			t.Errorf("%s: the key that is second now does not open it", c.reason)
		}
		for i := range token {
			changed := []byte(token)
			changed[i] = map[bool]byte{true: 'B', false: 'A'}[changed[i] == 'A']
			if _, _, ok := l.Open(string(changed)); ok && !bytes.Equal(changed, []byte(token)) {
				t.Fatalf("%s: it opens with its byte %d changed", c.reason, i)
			}
		}
	}
	for _, c := range []struct{ plan, address, reason string }{
		{"week", "Eve <eve@example.com>", "a name"}, {"week", "", "no address"}, {"", "eve@example.com", "no plan"}, {strings.Repeat("p", 65), "eve@example.com", "a long plan"},
	} {
		if got := l.URL(c.plan, c.address); got != "" {
			t.Errorf("%s: %s", c.reason, got)
		}
	}
	for _, token := range []string{"", "a", "!", strings.Repeat("A", 100), strings.Repeat("A", 100_000)} {
		if _, _, ok := l.Open(token); ok {
			t.Errorf("%.20s opens", token)
		}
	}
	if none := (*subscribe.Links)(nil); none.URL("week", "eve@example.com") != "" {
		t.Error("no links make an address")
	}
}

// TestLinksFaults: what cannot be linked to, and keys that are none.
func TestLinksFaults(t *testing.T) {
	t.Parallel()
	key := []byte(oneKey)
	for _, c := range []struct {
		console string
		keys    [][]byte
		ok      bool
	}{
		{consoleAt, [][]byte{key}, true},
		{"http://127.0.0.1:8080/cx/", [][]byte{key}, true},
		{"http://localhost/", [][]byte{key}, true},
		{"https://cx.example.com/", [][]byte{key, key}, true},
		{"http://cx.example.com/", [][]byte{key}, false},
		{"https://cx.example.com/cx", [][]byte{key}, false},
		{"/cx/", [][]byte{key}, false},
		{"https://cx.example.com/?a=b", [][]byte{key}, false},
		{"https://a@cx.example.com/", [][]byte{key}, false},
		{"https://cx.example.com/" + strings.Repeat("a", 300) + "/", [][]byte{key}, false},
		{consoleAt, nil, false},
		{consoleAt, [][]byte{key[:31]}, false},
		{consoleAt, [][]byte{key, nil}, false},
	} {
		if l, err := subscribe.NewLinks(c.console, c.keys...); (err == nil) != c.ok || (l != nil) != c.ok || err != nil && strings.Contains(err.Error(), oneKey[:15]) {
			t.Errorf("%.60s with %d keys: %v", c.console, len(c.keys), err)
		}
	}
}

// FuzzLinks: no text that the links have not made opens.
func FuzzLinks(f *testing.F) {
	l, err := subscribe.NewLinks(consoleAt, []byte(oneKey))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("")
	f.Add(strings.Repeat("A", 60))
	f.Fuzz(func(t *testing.T, token string) {
		if plan, address, ok := l.Open(token); ok {
			t.Errorf("%q opens to %q, %q", token, plan, address)
		}
	})
}
