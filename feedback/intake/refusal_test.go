package intake_test

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// TestRefusals: each refusal has its code and status, is counted once, and records nothing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	helpful := "/surveys/was%20this%2Fhelpful%3F"
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		code                     string
	}{
		{"no body", "POST", "/r/TOKEN", "", asJSON, 400, "bad_request"},
		{"no JSON", "POST", "/r/TOKEN", "score=4", asJSON, 400, "bad_request"},
		{"a list", "POST", "/r/TOKEN", `[{"score":4}]`, asJSON, 400, "bad_request"},
		{"two objects", "POST", "/r/TOKEN", `{"score":4}{"score":5}`, asJSON, 400, "bad_request"},
		{"something behind it", "POST", "/r/TOKEN", `{"score":4} x`, asJSON, 400, "bad_request"},
		{"a bracket behind it", "POST", "/r/TOKEN", `{"score":4}]`, asJSON, 400, "bad_request"},
		{"a misspelt field", "POST", "/r/TOKEN", `{"scor":4}`, asJSON, 400, "bad_request"},
		{"no score", "POST", "/r/TOKEN", `{"comment":"x"}`, asJSON, 400, "bad_request"},
		{"null", "POST", "/r/TOKEN", `null`, asJSON, 400, "bad_request"},
		{"half a point", "POST", "/r/TOKEN", `{"score":4.5}`, asJSON, 400, "bad_request"},
		{"a score as text", "POST", "/r/TOKEN", `{"score":"4"}`, asJSON, 400, "bad_request"},
		{"above the scale", "POST", "/r/TOKEN", `{"score":8}`, asJSON, 400, "bad_request"},
		{"below the scale", "POST", "/r/TOKEN", `{"score":0}`, asJSON, 400, "bad_request"},
		{"a huge score", "POST", "/r/TOKEN", `{"score":1e99}`, asJSON, 400, "bad_request"},
		{"an unknown cause", "POST", "/r/TOKEN", `{"score":4,"causes":["other"]}`, asJSON, 400, "bad_request"},
		{"a cause twice", "POST", "/r/TOKEN", `{"score":4,"causes":["too_slow","too_slow"]}`, asJSON, 400, "bad_request"},
		{"no language", "POST", "/r/TOKEN", `{"score":4,"language":"<b>"}`, asJSON, 400, "bad_request"},
		{"an old consent text", "POST", "/r/TOKEN", `{"score":4,"language":"en","testimonial":true,"consent":"2"}`, asJSON, 400, "bad_request"},
		{"bytes that are no text", "POST", "/r/TOKEN", "{\"score\":4,\"comment\":\"\xff\"}", asJSON, 400, "bad_request"},
		{"another type", "POST", "/r/TOKEN", `{"score":4}`, []string{"Content-Type", "text/plain"}, 415, "bad_request"},
		{"no type", "POST", "/r/TOKEN", `{"score":4}`, nil, 415, "bad_request"},
		{"a file", "POST", "/r/TOKEN", "--x\r\n", []string{"Content-Type", "multipart/form-data; boundary=x", "Accept", "application/json"}, 415, "bad_request"},
		{"a bad form", "POST", "/r/TOKEN", "score=%zz", []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, 400, "bad_request"},
		{"a form of two scores", "POST", "/r/TOKEN", "score=1&score=2", []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, 400, "bad_request"},
		{"a form of bytes", "POST", "/r/TOKEN", "score=1&comment=%ff", []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, 400, "bad_request"},
		{"a score with a sign", "POST", "/r/TOKEN", "score=%2B4", []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, 400, "bad_request"},
		{"perhaps a testimonial", "POST", "/r/TOKEN", "score=4&testimonial=maybe", []string{"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json"}, 400, "bad_request"},
		{"a long body", "POST", "/r/TOKEN", `{"score":4,"comment":"` + strings.Repeat("x", intake.DefaultMaxBytes) + `"}`, asJSON, 413, "too_large"},
		{"a long comment", "POST", "/r/TOKEN", `{"score":4,"comment":"` + strings.Repeat("x", event.MaxText+1) + `"}`, asJSON, 413, "too_large"},
		{"no token", "POST", "/r/x", `{"score":4}`, asJSON, 404, "forged"},
		{"another site", "POST", "/r/TOKEN", `{"score":4}`, append([]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, asJSON...), 403, "cross_origin"},
		{"another site, an old browser", "POST", "/r/TOKEN", `{"score":4}`, append([]string{"Origin", "https://evil.example"}, asJSON...), 403, "cross_origin"},
		{"a frame without an origin", "POST", "/r/TOKEN/dismissed", "", []string{"Origin", "null"}, 403, "cross_origin"},
		{"a site below the trusted one", "POST", "/r/TOKEN", `{"score":4}`, append([]string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.shop.example.evil.example"}, asJSON...), 403, "cross_origin"},
		{"an unknown survey", "POST", "/surveys/nps", `{"score":4}`, asJSON, 404, "unknown_survey"},
		{"an unknown survey's JSON", "GET", "/surveys/nps", "", nil, 404, "unknown_survey"},
		{"a survey that needs a request", "POST", "/surveys/ease", `{"score":4}`, asJSON, 404, "unknown_survey"},
		{"a thumb of 2", "POST", helpful, `{"score":2}`, asJSON, 400, "bad_request"},
		{"a testimonial of a survey without", "POST", helpful, `{"score":1,"testimonial":true}`, asJSON, 400, "bad_request"},
		{"a cause of a survey without", "POST", helpful, `{"score":1,"causes":["too_slow"]}`, asJSON, 400, "bad_request"},
		{"a form without a request and a score", "POST", helpful, "comment=x", asForm, 400, "bad_request"},
		{"another method", "DELETE", "/r/TOKEN", "", []string{"Accept", "application/json"}, 405, "bad_request"},
		{"a GET of what records", "GET", "/r/TOKEN/shown", "", []string{"Accept", "application/json"}, 405, "bad_request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newStore())
			w := d.do(test.method, strings.ReplaceAll(test.path, "TOKEN", d.token()), test.body, test.headers...)
			if w.Code != test.status {
				t.Errorf("the status is %d, want %d: %s", w.Code, test.status, w.Body)
			}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				if !contains(w, "We could not read your answer") {
					t.Errorf("the page is %s", w.Body)
				}
			} else if got := codeOf(t, w); got != test.code {
				t.Errorf("the code is %q, want %q", got, test.code)
			}
			want := map[string]int64{"forged": 0, "expired": 0, "closed": 0, "too_large": 0, "bad_request": 0, "too_many_requests": 0, "cross_origin": 0, "unknown_survey": 0, "unavailable": 0}
			want[test.code]++
			if got := d.refused(); !maps.Equal(got, want) {
				t.Errorf("counted %v", got)
			}
			d.want()
		})
	}
}

// TestTrustedOrigin: a page of a trusted origin may ask and answer, and no other one may read what it gets.
func TestTrustedOrigin(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	token := d.token()
	for _, test := range []struct {
		origin string
		ok     bool
	}{
		{"https://www.shop.example", true}, {"https://evil.example", false}, {"http://www.shop.example", false}, {"https://www.shop.example:8443", false}, {"null", false}, {"HTTPS://WWW.SHOP.EXAMPLE", false},
	} {
		from := []string{"Origin", test.origin, "Sec-Fetch-Site", "cross-site"}
		want := ""
		if test.ok {
			want = test.origin
		}
		for _, path := range []string{"/r/" + token, "/r/" + token + "/shown", "/surveys/ease"} {
			w := d.do("OPTIONS", path, "", append(from, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")...)
			if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != http.StatusNoContent || got != want || (w.Header().Get("Access-Control-Allow-Headers") != "") != test.ok {
				t.Errorf("%s: preflight of %s: %d %v", test.origin, path, w.Code, w.Header())
			}
		}
		w := d.do("GET", "/surveys/ease", "", from...)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || w.Header().Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(w.Header().Get("Vary"), "Origin") {
			t.Errorf("%s: the survey has %v", test.origin, w.Header())
		}
		if w := d.do("POST", "/r/"+token, `{"score":4}`, append(from, asJSON...)...); (w.Code == http.StatusOK) != test.ok || w.Header().Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s: the answer is %d %v", test.origin, w.Code, w.Header())
		}
	}
	same := append([]string{"Origin", "https://shop.example", "Sec-Fetch-Site", "same-origin"}, asForm...)
	if w := d.do("POST", "/r/"+token, "score=4", same...); w.Code != http.StatusOK {
		t.Errorf("the page itself: %d", w.Code)
	}
}

// TestRate: each client has its own bound, and is told how long to wait.
func TestRate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	client := "192.0.2.1"
	d := newDoor(t, newStore(), intake.WithRate(0.5, 3), intake.WithClock(func() time.Time { return now }), intake.WithClientAddress(func(*http.Request) string {
		if client == "panic" {
			panic("no address")
		}
		return client
	}))
	get := func() (int, string) {
		w := d.do("GET", "/surveys/ease", "")
		return w.Code, w.Header().Get("Retry-After")
	}
	want := func(status int, retry string) {
		t.Helper()
		if s, r := get(); s != status || r != retry {
			t.Errorf("%s at %v: %d, Retry-After %q, want %d and %q", client, now, s, r, status, retry)
		}
	}
	for range 3 {
		want(200, "")
	}
	want(429, "2")
	client = "192.0.2.2"
	want(200, "")
	for range 3 {
		client = "panic"
		want(200, "")
	}
	client = "not an address" // with the panic among the unknown
	want(429, "2")
	client, now = "192.0.2.1", now.Add(2*time.Second)
	want(200, "")
	want(429, "2")
	if w := d.do("GET", "/widget.js", ""); w.Code != http.StatusOK {
		t.Errorf("a file is bounded, too: %d", w.Code)
	}
	if got := d.refused()["too_many_requests"]; got != 3 {
		t.Errorf("%d are counted, want 3", got)
	}
}

// TestOptions: New names every fault at once.
func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := intake.New(intake.WithSurveys(feedback.Define("_bad", feedback.CES), nil, ease, feedback.Define("ease", feedback.NPS)), intake.WithUnsolicited("missing"), intake.WithMaxBytes(10), intake.WithRate(0, 0),
		intake.WithTrustedOrigins("www.shop.example", "https://shop.example/path", "https://Shop.example", "https://shop.example:443", "http://localhost:80"),
		intake.WithSurveys(feedback.Define("widget.js", feedback.NPS)), intake.WithTexts("?", intake.Texts{}), intake.WithChoice("en", "late", ""),
		intake.WithEnds("missing", "en", "a", "b"), intake.WithEnds("ease", "", "a", "b"), intake.WithCompany(strings.Repeat("x", 3000)), nil)
	for _, want := range []string{
		"_bad", "the survey is nil", "ces and nps", `WithUnsolicited: there is no survey "missing"`, "WithMaxBytes is 10", "WithRate is 0", `"www.shop.example"`, "https://shop.example/path", `"https://Shop.example": browsers send "https://shop.example"`, `"https://shop.example:443": browsers send`, `"http://localhost:80": browsers send "http://localhost"`,
		`"widget.js" is the name of one of the handler's files`, "WithTexts", "WithChoice", `WithEnds: there is no survey "missing"`, `WithEnds: the ends of "ease"`, "WithCompany",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if _, err := intake.New(); err == nil || !strings.Contains(err.Error(), "WithSurveys") {
		t.Errorf("without surveys: %v", err)
	}
	if _, err := intake.New(intake.WithSurveys(ease), intake.WithRate(rate.Inf, 1)); err != nil {
		t.Error(err)
	}
}

// TestMounted: the handler works wherever it is.
func TestMounted(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	plain, below := http.NewServeMux(), http.NewServeMux()
	plain.Handle("/feedback/{rest...}", d.handler)
	below.Handle("/a/surveys/r/", http.StripPrefix("/a/surveys/r", d.handler))
	exact := http.NewServeMux()
	for _, pattern := range []string{"/r/{token}", "/r/{token}/shown", "/surveys/{name}", "GET /widget.js", "GET /page.css"} {
		exact.Handle(pattern, d.handler)
	}
	nested := http.NewServeMux()
	nested.Handle("/surveys/r/", d.handler) // the prefix looks like a part of an address
	for i, m := range []struct {
		h    http.Handler
		base string
	}{{d.handler, ""}, {plain, "/feedback"}, {below, "/a/surveys/r"}, {exact, ""}, {nested, "/surveys/r"}} {
		token := must(d.signer.Token(d.ask(d.ctx(), "customer-"+strconv.Itoa(i))))
		for _, step := range []struct {
			method, path, body string
			headers            []string
			want               int
		}{
			{"GET", "/r/" + token, "", nil, 200},
			{"POST", "/r/" + token + "/shown", "", nil, 204},
			{"POST", "/r/" + token, "score=5", asForm, 200},
			{"GET", "/surveys/ease", "", nil, 200},
			{"GET", "/surveys/was%20this%2Fhelpful%3F", "", nil, 200},
			{"GET", "/widget.js", "", nil, 200},
			{"GET", "/page.css", "", nil, 200},
			{"GET", "/other.js", "", nil, 404},
		} {
			if w := send(m.h, step.method, m.base+step.path, step.body, step.headers...); w.Code != step.want {
				t.Errorf("mounted at %q: %s %s: %d", m.base, step.method, step.path, w.Code)
			}
		}
	}
	var want []string
	for range 5 {
		want = append(want, "survey.shown ", "feedback.received 5")
	}
	d.want(want...)
}

// TestUnasked: an answer without a request has no request, and belongs to the context's run.
func TestUnasked(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	run := order.Start(d.ctx(), "order-1", event.Customer{ID: "alice"})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r.WithContext(run)) })
	path := "/surveys/was%20this%2Fhelpful%3F"
	if w := send(h, "POST", path, `{"score":1}`, asJSON...); w.Code != http.StatusOK || !contains(w, `"answered"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(h, "POST", path, "score=0&comment=no", asForm...); w.Code != http.StatusOK || !contains(w, "We have received your answer") || contains(w, "Change my answer") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	d.want("feedback.received 0", "feedback.received 1")
	e := d.last(event.FeedbackReceived)
	if e.Journey.ID != "order-1" || e.Channel != event.Web || !e.Feedback.Request.IsZero() || e.Customer.Hash == "" {
		t.Errorf("%+v", e)
	}
}

// TestNoClient: an answer is not taken that no client records.
func TestNoClient(t *testing.T) {
	t.Parallel()
	h := must(intake.New(intake.WithSurveys(thumbs), intake.WithUnsolicited(thumbs.Name())))
	if w := send(h, "POST", "/surveys/was%20this%2Fhelpful%3F", `{"score":1}`, asJSON...); w.Code != http.StatusServiceUnavailable || codeOf(t, w) != "unavailable" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
