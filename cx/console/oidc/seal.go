package oidc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// version is that of sealed values. It is before each of them, and sealed with it.
const version = "1"

// sealer seals what cookies hold.
type sealer struct {
	keys []cipher.AEAD
	// bound is what every value is bound to: a value of another provider, client or address does not open.
	bound string
}

// newSealer derives a key of AES-256 from each key, by HKDF with SHA-256 (RFC 5869), so that a key which is used elsewhere too seals nothing there that opens here.
func newSealer(cfg *Config) (*sealer, error) {
	s := &sealer{bound: fmt.Sprintf("%q%q%q", cfg.Issuer, cfg.ClientID, cfg.RedirectURL)}
	for _, key := range cfg.Keys {
		derived, err := hkdf.Key(sha256.New, key, nil, "cairncx.dev/cairn/cx/console/oidc cookies", 32)
		if err != nil {
			return nil, fmt.Errorf("oidc: deriving a key: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, fmt.Errorf("oidc: making a cipher: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("oidc: making a cipher: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// seal writes the value for the cookie.
func (s *sealer) seal(cookie string, value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("oidc: writing a cookie: %w", err)
	}
	box := s.keys[0].Seal(nil, nil, plain, s.beside(cookie)) //nolint:gosec // NewGCMWithRandomNonce makes the nonce, and takes none
	return version + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

var errSealed = errors.New("oidc: the cookie was not sealed here")

// open reads a value that was sealed for the cookie, by one of the keys. The value is the only thing that a stranger can send: it is not parsed before it is
// known to be sealed here.
func (s *sealer) open(cookie, sealed string, value any) error {
	text, ok := strings.CutPrefix(sealed, version+".")
	if !ok || len(text) > maxCookie {
		return errSealed
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return errSealed
	}
	for _, key := range s.keys {
		plain, err := key.Open(nil, nil, box, s.beside(cookie))
		if err != nil {
			continue
		}
		if err := json.Unmarshal(plain, value); err != nil {
			return fmt.Errorf("oidc: reading a cookie: %w", err)
		}
		return nil
	}
	return errSealed
}

// beside is what is authenticated with a value: where it belongs.
func (s *sealer) beside(cookie string) []byte {
	return fmt.Appendf(nil, "%q%q%s", version, cookie, s.bound)
}
