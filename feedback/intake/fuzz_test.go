package intake_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// fuzzed sends what a fuzzer made up to a survey that takes answers without a request, and checks what became of it: an answer that is
// taken is on the scale and within all bounds, and one that is refused is not recorded.
func fuzzed(t *testing.T, d *door, contentType string, body []byte) {
	t.Helper()
	d.mu.Lock()
	d.events = nil
	d.mu.Unlock()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://shop.example/surveys/open", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Accept", "application/json")
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("the reply is no JSON: %s", w.Body)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if (w.Code == http.StatusOK) != (len(d.events) == 1) || w.Code >= 500 || w.Code < 200 {
		t.Fatalf("%d %s, and %d events", w.Code, w.Body, len(d.events))
	}
	for _, fault := range d.faults {
		t.Errorf("the client had to correct it: %+v", fault)
	}
	d.faults = nil
	if len(d.events) == 0 {
		return
	}
	f := d.events[0].Feedback
	if f.Score < 1 || f.Score > 7 || len(f.Comment) > event.MaxText || len(f.Causes) > 2 || !utf8.ValidString(f.Comment+f.Language) || len(f.Language) > feedback.MaxLanguage {
		t.Errorf("recorded %+v", f)
	}
}

func openDoor(f *testing.F) *door {
	f.Helper()
	open := feedback.Define("open", feedback.CES, feedback.Ask("en", "Easy?"), feedback.Choices("late", "dear"), feedback.TestimonialConsent("1", "en", "You may."))
	return newDoor(f, nil, intake.WithSurveys(open), intake.WithUnsolicited("open"))
}

func FuzzJSON(f *testing.F) {
	d := openDoor(f)
	for _, seed := range []string{`{"score":4}`, `{"score":4,"comment":"x","causes":["late"],"language":"de-CH","testimonial":true,"consent":"1"}`, `{"score":4,"SCORE":9}`, `{"score":-0}`, `{"score":4,"score":5}`, `{"score":4,"comment":"\ud800"}`, `{"score":4,"causes":null}`, `[[[[`, `{"score":4,"comment":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { fuzzed(t, d, "application/json", body) })
}

func FuzzForm(f *testing.F) {
	d := openDoor(f)
	for _, seed := range []string{"score=4", "score=4&comment=x&causes=late&causes=dear&language=de&testimonial=on&consent=1", "score=4;comment=x", "score=%34", "score=4&comment=%00%ff", "score==4", "&&&=&", "score=04", "score=4&comment=%ed%a0%80"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) { fuzzed(t, d, "application/x-www-form-urlencoded", body) })
}

// FuzzRequest: no path, query or header makes a page that is broken, or records with GET.
func FuzzRequest(f *testing.F) {
	d := newDoor(f, newStore())
	token := d.token()
	f.Add("GET", "/r/"+token, "score=4&lang=de", "de-AT;q=0.3", "text/html", "https://evil.example")
	f.Add("GET", "/r/"+token+"/shown", "", "", "*/*", "null")
	f.Add("HEAD", "/surveys/ease", "lang=ar", "", "application/json", "")
	f.Add("OPTIONS", "//surveys//", "%zz", "*", "", "https://www.shop.example")
	f.Add("POST", "/surveys/%2F/r/x", "a;b", "x", "x", "x")
	f.Fuzz(func(t *testing.T, method, path, query, language, accept, origin string) {
		u := &url.URL{Scheme: "https", Host: "shop.example", Path: "/" + path, RawQuery: query}
		if method != http.MethodPost && method != http.MethodHead && method != http.MethodOptions {
			method = http.MethodGet
		}
		r := &http.Request{Method: method, URL: u, Host: "shop.example", Header: http.Header{"Accept-Language": {language}, "Accept": {accept}, "Origin": {origin}}, Body: http.NoBody, RemoteAddr: language}
		w := httptest.NewRecorder()
		d.handler.ServeHTTP(w, r)
		if kind := w.Header().Get("Content-Type"); strings.HasPrefix(kind, "text/html") && method != http.MethodHead && !strings.HasSuffix(strings.TrimSpace(w.Body.String()), "</html>") {
			t.Errorf("the page is %s", w.Body)
		}
		if w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if method == http.MethodPost {
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		for i := range d.events {
			if k := d.events[i].Kind; k == event.FeedbackReceived {
				t.Errorf("%s %s records %s", method, u, k)
			}
		}
	})
}

// FuzzToken: no text but one that a key has signed is a link.
func FuzzToken(f *testing.F) {
	d := newDoor(f, newStore())
	token := must(d.signer.Token(ease.Asked(event.ID{1}), intake.Until(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)))) // the same in each process
	f.Add(token)
	f.Add(token[1:])
	f.Add(strings.Repeat("A", 5000))
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		w := send(d.handler, "GET", "/r/"+url.PathEscape(text), "", "Accept", "application/json")
		if (w.Code == http.StatusOK) != (text == token) && text != "" {
			t.Errorf("%q: %d", text, w.Code)
		}
	})
}
