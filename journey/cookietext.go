package journey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/fault"
)

// The value of a cookie is a version, two times, the ID of a key, the ID of a run, and the HMAC over all of them and what they are for:
//
//	1 . began . expires . key . run . HMAC
//
// The times are seconds since 1970, in base 36. The HMAC covers the exact bytes before its dot.
const (
	hostPrefix    = "__Host-"
	cookieVersion = "1"
	cookieFields  = 6
	maxCookie     = 160 // bytes; a value has about 100
	maxCookieTime = 1 << 40
	cookieKeySize = 6

	forCookie    = "cairn.journey.cookie.1\x00"
	forCookieKey = "cairn.journey.cookie.key.1\x00"
)

// held is what a cookie says. Without an ID it names no run.
type held struct {
	id      string
	began   time.Time // when the cookie was first set for the run
	expires time.Time
}

// cookieKey keeps its key in closures, where fmt does not find it.
type cookieKey struct {
	id  string // names the key without revealing it
	mac func(text string) []byte
}

func (c *Cookie) newKey(key []byte) cookieKey {
	own := string(key)
	sum := func(texts ...string) []byte {
		h := hmac.New(sha256.New, []byte(own))
		for _, t := range texts {
			_, _ = h.Write([]byte(t)) // it never fails
		}
		return h.Sum(nil)
	}
	return cookieKey{
		id:  base64.RawURLEncoding.EncodeToString(sum(forCookieKey)[:cookieKeySize]),
		mac: func(text string) []byte { return sum(forCookie, c.name, "\x00", c.journey.Name(), "\x00", text) },
	}
}

// read returns what the cookie of the request says. The report is nil for a cookie that is believed, and for a request without one.
func (c *Cookie) read(r *http.Request, now time.Time) (held, *fault.Report) {
	all := r.CookiesNamed(c.name)
	switch len(all) {
	case 0:
		return held{}, nil
	case 1:
		return c.open(all[0].Value, now)
	default:
		return c.refuse(fault.ForgedCookie, "the request has more than one, and a browser keeps one")
	}
}

// refuse returns nothing of a cookie, and the report that says why.
func (c *Cookie) refuse(f fault.Fault, why string) (held, *fault.Report) {
	return held{}, &fault.Report{Fault: f, Name: c.name, Detail: why}
}

// open returns what the value of a cookie says. The report is nil if the cookie is believed.
func (c *Cookie) open(value string, now time.Time) (held, *fault.Report) {
	if len(value) > maxCookie {
		return c.refuse(fault.ForgedCookie, "it is larger than any that was set")
	}
	if strings.Count(value, ".") != cookieFields-1 {
		return c.refuse(fault.ForgedCookie, "it is not of the form that cookies have")
	}
	last := strings.LastIndexByte(value, '.')
	text, encoded := value[:last], value[last+1:]
	p := strings.Split(text, ".")
	mac, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	// The decoder skips line ends: the length shows that there are none.
	if err != nil || len(encoded) != base64.RawURLEncoding.EncodedLen(sha256.Size) || p[0] != cookieVersion {
		return c.refuse(fault.ForgedCookie, "it is not of the form that cookies have")
	}
	if !c.signed(text, p[3], mac) {
		return c.refuse(fault.ForgedCookie, "none of the keys has signed it")
	}
	began, err := strconv.ParseUint(p[1], 36, 64)
	until, err2 := strconv.ParseUint(p[2], 36, 64)
	if err != nil || err2 != nil || began > maxCookieTime || until > maxCookieTime || p[4] == "" {
		return c.refuse(fault.ForgedCookie, "it is signed and cannot be read")
	}
	at := held{id: p[4], began: time.Unix(int64(began), 0), expires: time.Unix(int64(until), 0)}
	switch {
	case now.Add(cookieSkew).Before(at.began):
		return c.refuse(fault.ForgedCookie, "it was set in the future: check the clocks of the instances")
	case !now.Before(at.expires), !now.Before(at.began.Add(MaxCookieAge)):
		return c.refuse(fault.ExpiredCookie, "its time is over")
	}
	return at, nil
}

// signed reports whether one of the keys has made the HMAC of the text. Two keys may share an ID.
func (c *Cookie) signed(text, id string, mac []byte) bool {
	for i := range c.keys {
		if k := &c.keys[i]; k.id == id && hmac.Equal(k.mac(text), mac) {
			return true
		}
	}
	return false
}

// expiry returns when a cookie that is set now for the run expires.
func (c *Cookie) expiry(at held, now time.Time) time.Time {
	until, last := now.Add(c.life), at.began.Add(MaxCookieAge)
	if until.After(last) {
		return last
	}
	return until
}

// set sets the cookie to the run.
func (c *Cookie) set(w http.ResponseWriter, at held, now time.Time) {
	until, key := c.expiry(at, now), &c.keys[0]
	text := strings.Join([]string{
		cookieVersion, strconv.FormatInt(at.began.Unix(), 36), strconv.FormatInt(until.Unix(), 36), key.id, at.id,
	}, ".")
	c.put(w, text+"."+base64.RawURLEncoding.EncodeToString(key.mac(text)), int(until.Sub(now)/time.Second))
}

// put sets the cookie, instead of what this answer has set before.
func (c *Cookie) put(w http.ResponseWriter, value string, maxAge int) {
	head := w.Header()
	var others []string
	for _, line := range head[setCookie] {
		if !strings.HasPrefix(line, c.name+"=") {
			others = append(others, line)
		}
	}
	if len(others) == len(head[setCookie]) {
		head.Add("Cache-Control", `no-cache="Set-Cookie"`)
		head.Add("Vary", "Cookie")
	}
	cookie := http.Cookie{ //nolint:gosec // NewCookie has checked the SameSite
		Name: c.name, Value: value, MaxAge: maxAge, Path: "/", Secure: true, HttpOnly: true, SameSite: c.sameSite,
	}
	head[setCookie] = append(others, cookie.String())
}

// answered returns the value that this answer has set, "" for a cookie that it removes.
func (c *Cookie) answered(w http.ResponseWriter) (value string, ok bool) {
	for _, line := range w.Header()[setCookie] {
		if rest, found := strings.CutPrefix(line, c.name+"="); found {
			value, _, _ = strings.Cut(textproto.TrimString(rest), ";")
			return value, true
		}
	}
	return "", false
}

const setCookie = "Set-Cookie"

// nameOf returns the token that stands for the name of a journey. Two names that differ only in what a token cannot have keep two tokens.
func nameOf(journey string) string {
	token := tokenOf(journey)
	if token == journey {
		return token
	}
	sum := sha256.Sum256([]byte(journey))
	return token + "-" + hex.EncodeToString(sum[:4])
}

// tokenOf returns the text with "-" for each byte that a token cannot have (RFC 9110, section 5.6.2).
func tokenOf(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			b[i] = '-'
		}
	}
	return string(b)
}
