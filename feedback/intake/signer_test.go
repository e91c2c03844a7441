package intake_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// TestTokenBytes works the bytes of a token out by hand, from the comments of ticket.go and signer.go. Links that are out there have them.
func TestTokenBytes(t *testing.T) {
	t.Parallel()
	mac := func(of []byte, n int) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write(of)
		return h.Sum(nil)[:n]
	}
	id := event.ID{0x01, 0x9a, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 15}
	expires := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	payload := append([]byte{1}, mac([]byte("cairn.feedback.key.1\x00"), 4)...)
	payload = append(payload, id[:]...)
	payload = binary.AppendUvarint(payload, 1798135200) // date -u -d 2026-12-24T18:00Z +%s
	for _, text := range []string{"ease", ease.Version(), "de"} {
		payload = append(append(payload, byte(len(text))), text...)
	}
	payload = append(payload, 0)
	want := base64.RawURLEncoding.EncodeToString(append(payload, mac(append([]byte("cairn.feedback.link.1\x00"), payload...), 16)...))
	got := must(must(intake.NewSigner(key)).Token(ease.Asked(id), intake.Until(expires), intake.InLanguage("de")))
	if got != want || len(got) > 90 {
		t.Errorf("the token is\n%s, want\n%s", got, want)
	}
}

// TestLinks: the base is where customers reach the handler.
func TestLinks(t *testing.T) {
	t.Parallel()
	s := must(intake.NewSigner(key))
	req := ease.Asked(event.NewID(time.Now()))
	until := intake.Until(time.Now().Add(time.Hour))
	for _, test := range []struct {
		base string
		opts []intake.LinkOption
		ok   bool
	}{
		{"https://shop.example/feedback", []intake.LinkOption{until}, true},
		{"https://shop.example/feedback/", []intake.LinkOption{until, nil, intake.Choosing(7)}, true},
		{"http://localhost:8080", []intake.LinkOption{until}, true},
		{"shop.example/feedback", []intake.LinkOption{until}, false},
		{"/feedback", []intake.LinkOption{until}, false},
		{"javascript:alert(1)//", []intake.LinkOption{until}, false},
		{"ftp://shop.example", []intake.LinkOption{until}, false},
		{"https://shop.example/?a=b", []intake.LinkOption{until}, false},
		{"https://user:secret@shop.example/", []intake.LinkOption{until}, false},
		{"https://shop.example", nil, false},
		{"https://shop.example", []intake.LinkOption{until, intake.Choosing(8)}, false},
		{"https://shop.example", []intake.LinkOption{until, intake.Choosing(0)}, false},
		{"https://shop.example", []intake.LinkOption{until, intake.InLanguage("<script>")}, false},
		{"https://shop.example", []intake.LinkOption{intake.Until(time.Unix(-1, 0))}, false},
		{"https://shop.example", []intake.LinkOption{intake.Until(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))}, false},
	} {
		link, err := s.Link(test.base, req, test.opts...)
		if (err == nil) != test.ok {
			t.Errorf("%s: %q, %v", test.base, link, err)
		}
		if want := strings.TrimSuffix(test.base, "/") + "/r/"; err == nil && !strings.HasPrefix(link, want) {
			t.Errorf("the link is %q, want one that begins with %q", link, want)
		}
	}
	if link, err := s.Link("https://shop.example", nil, until); err == nil {
		t.Errorf("a request that was refused has the link %q", link)
	}
	if link, err := (*intake.Signer)(nil).Link("https://shop.example", req, until); err == nil {
		t.Errorf("a signer without keys makes the link %q", link)
	}
}

// TestKeys: bad keys are refused, and no text has them.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, keys := range [][][]byte{nil, {[]byte("short")}, {key, []byte("short")}, {key, bytes.Clone(key)}} {
		if _, err := intake.NewSigner(keys...); err == nil || strings.Contains(err.Error(), "short\"") || strings.Contains(err.Error(), string(key)) {
			t.Errorf("%d keys: %v", len(keys), err)
		}
	}
	s := must(intake.NewSigner(key))
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, s); strings.Contains(text, string(key)) || strings.Contains(text, strings.Trim(fmt.Sprint(key), "[]")) {
			t.Errorf("%s shows the key: %s", format, text)
		}
	}
}

// TestKeyRotation: in the order of NewSigner's comment no link that is out there stops working.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	newer := []byte("the key that replaces it, of 32 bytes")
	for _, test := range []struct {
		name            string
		signs, believes [][]byte
		ok              bool
	}{
		{"the new one is added", [][]byte{key}, [][]byte{key, newer}, true},
		{"the new one signs", [][]byte{newer, key}, [][]byte{key, newer}, true},
		{"the old one is still believed", [][]byte{key}, [][]byte{newer, key}, true},
		{"the old one is removed", [][]byte{key}, [][]byte{newer}, false},
		{"too early", [][]byte{newer}, [][]byte{key}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newStore(), intake.WithSigner(must(intake.NewSigner(test.believes...))))
			token := must(must(intake.NewSigner(test.signs...)).Token(d.ask(d.ctx(), "alice")))
			if w := d.do("GET", "/r/"+token, ""); (w.Code == http.StatusOK) != test.ok {
				t.Errorf("the page is %d", w.Code)
			}
		})
	}
}

// TestTokensHaveOneForm: no other text is the same link, so that a table of links that were seen cannot be fooled.
func TestTokensHaveOneForm(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	token := d.token(intake.InLanguage("en"))
	good := func(token string) bool {
		return d.do("GET", "/r/"+strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D", " ", "%20", "/", "%2F", "?", "%3F", "#", "%23", "\x00", "%00").Replace(token), "", "Accept", "application/json").Code == http.StatusOK
	}
	if !good(token) {
		t.Fatal("the token is not good")
	}
	others := []string{"", token + "=", token + "==", token + "\n", "\r\n" + token, token[:40] + "\n" + token[40:], token + " ", token + "\x00", token + "A", token[:len(token)-1], strings.ToLower(token), token + token}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/"
	for i := range token {
		for j, c := range alphabet {
			if byte(c) != token[i] && (j%9 == i%9 || i > len(token)-3) { // all of the last ones, which have spare bits
				others = append(others, token[:i]+string(c)+token[i+1:])
			}
		}
		others = append(others, token[:i]+token[i+1:])
	}
	for _, other := range others {
		if good(other) {
			t.Errorf("%q is taken for %q", other, token)
		}
	}
}

// TestTokensCarryWhatTheySay: a link of any request answers for that request.
func TestTokensCarryWhatTheySay(t *testing.T) {
	t.Parallel()
	signer := must(intake.NewSigner(key))
	other := must(intake.New(intake.WithSigner(signer), intake.WithSurveys(thumbs), intake.WithRate(rate.Inf, 1)))
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`[a-z?/& <>äß雪]{1,20}`).Filter(event.ValidName).Draw(rt, "name")
		s := feedback.Define(name, feedback.CSAT, feedback.Ask("en", "How was it?"))
		token, err := signer.Token(s.Asked(event.NewID(time.Now())), intake.Until(time.Now().Add(time.Duration(rapid.Int64Range(3600, 1<<30).Draw(rt, "left"))*time.Second)))
		if err != nil {
			rt.Fatal(err)
		}
		h := must(intake.New(intake.WithSigner(signer), intake.WithSurveys(s)))
		// without a client the link is good, and cannot be answered
		if w := send(h, "GET", "/r/"+token, "", "Accept", "application/json"); w.Code != http.StatusServiceUnavailable {
			rt.Errorf("the survey %q: %d %s", name, w.Code, w.Body)
		}
		if w := send(other, "GET", "/r/"+token, "", "Accept", "application/json"); codeOf(t, w) != "unknown_survey" {
			rt.Errorf("a handler without the survey %q: %d %s", name, w.Code, w.Body)
		}
	})
}
