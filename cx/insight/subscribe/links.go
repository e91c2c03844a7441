package subscribe

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Links makes the addresses by which a subscriber leaves a plan with one click, also without being signed in (RFC 8058). An address has the plan and the
// subscriber sealed by AES-256-GCM, so that no log has who it is, and no other address can be made of it. It does not expire: mails are kept for years. An address
// in the hands of another person ends this one subscription, and nothing else. Make it with [NewLinks]. It is safe for concurrent use.
type Links struct {
	base string
	keys []cipher.AEAD
}

// Bounds of links.
const (
	// MinLinkKey is the number of bytes that a key of [NewLinks] has at least.
	MinLinkKey = 32
	maxBase    = 300
	maxToken   = 700
)

// leavePath is where console.WithUnsubscribe answers, below the path of the console.
const leavePath = "unsubscribe/"

// NewLinks returns links below the public address of the console, such as "https://cx.example.com/cx/". The first key seals, and all of them open: to change a
// key, put the new one first, and keep the old one for as long as mails with its links matter. It returns an error if the address is not one of https, or of http on
// this machine, with a path that ends with a slash; and if there is no key, or one of less than [MinLinkKey] random bytes.
func NewLinks(console string, keys ...[]byte) (*Links, error) {
	u, err := url.Parse(console)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) || !strings.HasSuffix(u.Path, "/") ||
		u.RawQuery != "" || u.Fragment != "" || u.User != nil || len(console) > maxBase {
		return nil, errors.New(`subscribe: NewLinks: give the public address of the console, such as "https://cx.example.com/cx/"`)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("subscribe: NewLinks: give a key of %d random bytes or more", MinLinkKey)
	}
	l := &Links{base: u.String() + leavePath}
	for i, key := range keys {
		if len(key) < MinLinkKey {
			return nil, fmt.Errorf("subscribe: NewLinks: the key %d has %d bytes: give %d random bytes or more", i+1, len(key), MinLinkKey)
		}
		seal, err := sealer(key)
		if err != nil {
			return nil, fmt.Errorf("subscribe: NewLinks: the key %d: %w", i+1, err)
		}
		l.keys = append(l.keys, seal)
	}
	return l, nil
}

// sealer derives the cipher of a key. A key that seals something else, too, seals nothing of this.
func sealer(key []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, nil, "cairn.subscribe.links.1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return seal, nil
}

// loopback reports whether the host is this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// URL returns the address by which the subscriber leaves the plan: for the function of mail.WithUnsubscribe of cx/insight/mail. Each call returns another one. It is ""
// for an address that [List.Subscribe] refuses, or a plan without a name.
func (l *Links) URL(plan, address string) string {
	address, err := normal(address)
	if l == nil || err != nil || plan == "" || len(plan) > maxPlan {
		return ""
	}
	sealed := l.keys[0].Seal(nil, nil, []byte(plan+"\x00"+address), nil) //nolint:gosec // the cipher makes a random nonce for each call: see sealer
	return l.base + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open returns the plan and the subscriber of a token, which is the last element of an address of [Links.URL]: for console.WithUnsubscribe. It returns false for any
// other text.
func (l *Links) Open(token string) (plan, address string, ok bool) {
	if l == nil || len(token) > maxToken {
		return "", "", false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", "", false
	}
	for _, key := range l.keys {
		if text, err := key.Open(nil, nil, sealed, nil); err == nil {
			at := bytes.LastIndexByte(text, 0)
			if at < 0 {
				return "", "", false
			}
			return string(text[:at]), string(text[at+1:]), true
		}
	}
	return "", "", false
}
