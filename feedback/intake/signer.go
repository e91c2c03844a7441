package intake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// MinKey is the length of the shortest key in bytes: that of the hash (RFC 2104, section 3).
const MinKey = sha256.Size

// Signer makes the links by which customers answer, and verifies them. A link proves that the company has made it, and not which person
// opens it: a mail can be passed on. Safe for concurrent use. A nil Signer makes no links and believes none.
//
// A link carries the ID of the request, the survey and its version, the language, the expiry, and the run that the request is about. It
// carries neither the customer nor a pseudonym of the customer. The store has that, so a link of a customer who was forgotten names none.
type Signer struct {
	keys []signingKey
}

// signingKey keeps its key in a closure, where fmt does not find it.
type signingKey struct {
	id   [keyIDLen]byte // names the key without revealing it
	sign func(payload []byte) []byte
}

// NewSigner returns a Signer whose first key signs and whose keys all verify. A key has at least [MinKey] bytes, which should be random.
// NewSigner copies the keys, and its errors never contain them. It returns an error for a short key, for one that is there twice, and
// without keys.
//
// To replace a key, add the new one after the old one in every service, then put the new one first everywhere, then remove the old
// one when every link that it signed has expired.
func NewSigner(keys ...[]byte) (*Signer, error) {
	var faults []error
	if len(keys) == 0 {
		faults = append(faults, errors.New("intake: there is no key that signs links: give at least one"))
	}
	s := &Signer{}
	for i, key := range keys {
		if len(key) < MinKey {
			faults = append(faults, fmt.Errorf("intake: key %d of %d for links has %d bytes, at least %d are needed: use random ones", i+1, len(keys), len(key), MinKey))
		}
		k := newSigningKey(key)
		for j := range s.keys {
			if s.keys[j].id == k.id {
				faults = append(faults, fmt.Errorf("intake: key %d of %d for links is also key %d: give it once", i+1, len(keys), j+1))
			}
		}
		s.keys = append(s.keys, k)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, nil
}

// The purposes of a key. They keep a signature of one purpose from having a meaning in another one.
const (
	forKeyID = "cairn.feedback.key.1\x00"
	forLink  = "cairn.feedback.link.1\x00"
)

func newSigningKey(key []byte) signingKey {
	own := string(key)
	sum := func(purpose string, of []byte) []byte {
		h := hmac.New(sha256.New, []byte(own))
		_, _ = h.Write([]byte(purpose))
		_, _ = h.Write(of)
		return h.Sum(nil)
	}
	k := signingKey{sign: func(payload []byte) []byte { return sum(forLink, payload)[:macLen] }}
	copy(k.id[:], sum(forKeyID, nil))
	return k
}

// LinkOption is an option of [Signer.Link] and [Signer.Token]. An option value may be reused.
type LinkOption interface{ applyLink(*linkConfig) }

type linkOption func(*linkConfig)

func (f linkOption) applyLink(c *linkConfig) { f(c) }

type linkConfig struct {
	language string
	expires  time.Time
	score    *int
	noRun    bool
}

// InLanguage sets the language of the page, as a BCP 47 tag. Default: the browser's language.
func InLanguage(tag string) LinkOption { return linkOption(func(c *linkConfig) { c.language = tag }) }

// Until sets when the link expires. Default, and for the zero time: when the request expires ([feedback.Request.Expires]). A request that
// was made earlier does not know that, and needs it.
func Until(t time.Time) LinkOption { return linkOption(func(c *linkConfig) { c.expires = t }) }

// Choosing chooses an answer on the page, for a mail that shows each score as a link of its own. The customer still has to send it.
func Choosing(score int) LinkOption { return linkOption(func(c *linkConfig) { c.score = &score }) }

// WithoutRun leaves the run out of the link, which makes it shorter. The run of a request whose state is in a store is known there. Default:
// the link carries the run, so that an answer belongs to it also if the store has lost the request.
func WithoutRun() LinkOption { return linkOption(func(c *linkConfig) { c.noRun = true }) }

// Link returns the link to the page of the request. Base is where the customer reaches the [Handler], such as
// "https://shop.example/feedback". It returns an error for a request that was refused, for a base that is no absolute URL of http or
// https, and as [Signer.Token] does.
func (s *Signer) Link(base string, req *feedback.Request, opts ...LinkOption) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("intake: the base of a link is %.80q: want the URL at which customers reach the handler, such as https://shop.example/feedback", base)
	}
	token, err := s.Token(req, opts...)
	if err != nil {
		return "", err
	}
	link := strings.TrimRight(base, "/") + "/r/" + token
	if score := linkOf(opts).score; score != nil {
		link += "?score=" + strconv.Itoa(*score)
	}
	return link, nil
}

// Token returns the part of the link that the widget needs to answer the request. It consists of letters, digits, "-" and "_", and has
// about 90 characters, with the run of an order about 130. It returns an error for a nil Signer, for a request that was refused, without
// a time of expiry, for a time that is past year 9999, and for a score that is not on the survey's scale.
func (s *Signer) Token(req *feedback.Request, opts ...LinkOption) (string, error) {
	c, survey := linkOf(opts), req.Survey()
	if c.expires.IsZero() {
		c.expires = req.Expires()
	}
	switch {
	case s == nil || len(s.keys) == 0:
		return "", errors.New("intake: there is no signer: make one with NewSigner")
	case !req.OK():
		return "", fmt.Errorf("intake: the request was refused (%s): send no link for it", req.Refused())
	case c.expires.IsZero():
		return "", errors.New("intake: when the link expires is not known of a request that was made earlier: say it with Until")
	case !event.ValidTime(c.expires) || c.expires.Unix() < 0:
		return "", fmt.Errorf("intake: the link would expire at %v: want a time from 1970 to 9999", c.expires)
	case c.language != "" && !isLanguage(c.language):
		return "", fmt.Errorf("intake: the link is for the language %.80q: want a BCP 47 tag such as en or pt-BR", c.language)
	}
	if c.score != nil && !onScale(survey.Scale(), *c.score) {
		return "", fmt.Errorf("intake: the link chooses %d, which is not on the scale %v: want %d to %d", *c.score, survey.Scale(), survey.Scale().Min(), survey.Scale().Max())
	}
	t := ticket{request: req.ID(), expires: c.expires.Unix(), survey: survey.Name(), version: survey.Version(), language: c.language}
	if run := req.Run(); !c.noRun && run.Name != "" && run.ID != "" {
		t.journey, t.id = run.Name, run.ID
	}
	return s.seal(&t)
}

func linkOf(opts []LinkOption) linkConfig {
	var c linkConfig
	for _, o := range opts {
		if o != nil {
			o.applyLink(&c)
		}
	}
	return c
}

func onScale(s event.Scale, score int) bool {
	_, ok := s.Verdict(score)
	return ok
}

// seal returns the token of the ticket.
func (s *Signer) seal(t *ticket) (string, error) {
	key := &s.keys[0]
	payload, ok := t.append(key.id)
	if !ok {
		return "", errors.New("intake: a name of the request is too long for a link: define the survey and the journey with valid names")
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, key.sign(payload)...)), nil
}

// open returns the ticket of the token, and false for one that none of the keys has signed, or that has another form than seal gives it.
func (s *Signer) open(token string) (*ticket, bool) {
	if s == nil || len(token) > maxToken {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < macLen || base64.RawURLEncoding.EncodeToString(b) != token { // the decoder skips line ends and spare bits
		return nil, false
	}
	payload, mac := b[:len(b)-macLen], b[len(b)-macLen:]
	t, id, ok := readTicket(payload)
	if !ok {
		return nil, false
	}
	for i := range s.keys {
		if k := &s.keys[i]; k.id == id && hmac.Equal(k.sign(payload), mac) {
			return t, true
		}
	}
	return nil, false
}
