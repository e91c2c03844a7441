package delegate

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// key is a key of an assistant.
type key struct {
	public      ed25519.PublicKey
	name        string
	from, until time.Time // zero is no bound
}

// signer is what signs in the name of one identifier.
type signer struct {
	name, id, url string
	given         map[string]key                 // by thumbprint; from the application
	fetched       atomic.Pointer[map[string]key] // from the directory; nil before the first answer
}

func newSigner(name, id string) *signer { return &signer{name: name, id: id, given: map[string]key{}} }

// key returns the key with the thumbprint, if it is the signer's at that time.
func (s *signer) key(keyid string, at time.Time) (key, bool) {
	if k, ok := s.given[keyid]; ok {
		return k, true
	}
	if m := s.fetched.Load(); m != nil {
		if k, ok := (*m)[keyid]; ok && (k.from.IsZero() || !at.Before(k.from)) && (k.until.IsZero() || at.Before(k.until)) {
			return k, true
		}
	}
	return key{}, false
}

// thumbprint returns the JWK thumbprint of an Ed25519 key in base64url: the SHA-256 of its required members in the order of their names, after RFC
// 7638, section 3, and RFC 8037, appendix A.3.
func thumbprint(k ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(k) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isTestKey reports whether the key is that of RFC 9421, appendix B.1.4.
func isTestKey(k ed25519.PublicKey) bool {
	return thumbprint(k) == "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
}

// The errors of a directory.
var (
	errDirectory = errors.New("it is no JSON Web Key Set")
	errManyKeys  = fmt.Errorf("it has more than %d keys", maxKeys)
)

// parseKeys returns the Ed25519 keys of a JSON Web Key Set (RFC 7517, section 5) by their thumbprints. It passes over keys of other kinds and
// uses, malformed ones, one whose kid is not its thumbprint where strict is set, and published test keys.
func parseKeys(body []byte, strict, testKeys bool) (map[string]key, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil || set.Keys == nil {
		return nil, errDirectory
	}
	if len(*set.Keys) > maxKeys {
		return nil, errManyKeys
	}
	keys := map[string]key{}
	for _, raw := range *set.Keys {
		k, ok := parseKey(raw)
		if !ok || !testKeys && isTestKey(k.public) {
			continue
		}
		id := thumbprint(k.public)
		if strict && k.name != "" && k.name != id {
			continue
		}
		k.name = ""
		keys[id] = k
	}
	return keys, nil
}

// parseKey returns a key, with its kid for a name.
func parseKey(raw json.RawMessage) (key, bool) {
	var k struct {
		Kty, Crv, Kid, X, Use, Alg string
		Nbf, Exp                   *float64
	}
	if json.Unmarshal(raw, &k) != nil || k.Kty != "OKP" || k.Crv != "Ed25519" || k.Use != "" && k.Use != "sig" {
		return key{}, false
	}
	switch k.Alg {
	case "", "ed25519", "EdDSA", "Ed25519":
	default:
		return key{}, false
	}
	x, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
	if err != nil || len(x) != ed25519.PublicKeySize {
		return key{}, false
	}
	from, okFrom := instant(k.Nbf)
	until, okUntil := instant(k.Exp)
	return key{public: x, name: k.Kid, from: from, until: until}, okFrom && okUntil
}

// instant returns the time of so many seconds since 1970; nil is the zero time. Some directories count milliseconds.
func instant(seconds *float64) (time.Time, bool) {
	const latest, milliseconds = 253402300800, 1e11 // the year 10000, and the year 5138 in seconds
	switch {
	case seconds == nil:
		return time.Time{}, true
	case !(*seconds >= 0 && *seconds < 1000*latest): // also NaN
		return time.Time{}, false
	case *seconds >= milliseconds:
		return time.UnixMilli(int64(*seconds)), true
	default:
		return time.Unix(int64(*seconds), 0), true
	}
}
