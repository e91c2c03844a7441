package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
)

// tree is what a page consists of: its elements with the names of their attributes, and apart from them all texts.
type tree struct {
	elements []string
	texts    string
	attrs    map[string]string // the last value of each element's attribute
}

func parsed(t testing.TB, page []byte) *tree {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := &tree{attrs: map[string]string{}}
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			name := n.Data
			for _, a := range n.Attr {
				name += " " + a.Key
				out.attrs[n.Data+" "+a.Key] = a.Val
			}
			out.elements = append(out.elements, name)
		case html.TextNode:
			out.texts += n.Data + "\n"
		case html.CommentNode:
			t.Errorf("the page has the comment %q", n.Data)
		}
	}
	return out
}

// hostile are texts that try to leave the place where they are shown.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus='alert(1)' autofocus='`, `</title><script>alert(1)</script>`,
	`</textarea><script>alert(1)</script>`, `{{.Texts}}{{"a"}}`, `javascript:alert(1)`, `<!-- `, `]]>`, `&lt;script&gt;`, `\u003cscript\u003e`, "a\u2028b", `<svg/onload=alert(1)>`, `%3Cscript%3E`,
}

// TestHostileTexts: every text that a page or a JSON shows is shown as text. The page of hostile texts has the elements of a page of harmless ones.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	shown := func(text string) (pages []*tree, all []*httptest.ResponseRecorder) {
		s := feedback.Define("texts", feedback.CES, feedback.Ask("en", "Q"+text), feedback.Choices("C"+text), feedback.TestimonialConsent("V"+text, "en", "T"+text))
		texts := intake.Texts{Title: text, Error: text, Problem: text, Choose: text, Causes: text, Optional: text, Comment: text, Hint: text, Send: text, Change: text, No: text, Close: text, Again: text, Pages: map[string]intake.Notice{}}
		for _, page := range []string{"thanks", "changed", "dismissed", "closed", "forged", "bad_request"} {
			texts.Pages[page] = intake.Notice{Heading: text, Text: text}
		}
		d := newDoor(t, newStore(), intake.WithSurveys(s), intake.WithTexts("en", texts), intake.WithCompany(text), intake.WithEnds("texts", "en", text, text), intake.WithChoice("en", "C"+text, text))
		req := s.Ask(d.ctx(), event.Customer{ID: "alice"}, feedback.Via(event.Email))
		token := must(d.signer.Token(req))
		get := func(method, path, body string, headers ...string) {
			w := d.do(method, path, body, append([]string{"Accept-Language", text}, headers...)...)
			all = append(all, w)
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				pages = append(pages, parsed(t, w.Body.Bytes()))
			}
			_ = d.client.Flush(t.Context())
		}
		q := url.QueryEscape(text)
		get("GET", "/r/"+token+"?score="+q+"&lang="+q, "")
		get("GET", "/r/"+token, "", "Accept", "application/json")
		get("POST", "/r/"+token, form("comment", text, "causes", "C"+text, "language", "en", "testimonial", "true"), asForm...)
		get("POST", "/r/"+token, form("score", text, "comment", text, "language", text), asForm...)
		get("POST", "/r/"+token, form("score", "2", "comment", text, "language", "en"), asForm...)
		get("GET", "/r/"+token, "")
		get("POST", "/r/"+token, form("score", "3", "comment", text, "language", "en"), asForm...)
		get("GET", "/r/"+url.PathEscape(text), "")
		get("GET", "/surveys/texts?lang="+q, "")
		get("GET", "/surveys/"+url.PathEscape(text), "")
		get("POST", "/surveys/"+url.PathEscape(text), form("score", text), asForm...)
		get("POST", "/r/"+token+"/dismissed", "", asForm...)
		return pages, all
	}
	harmless, _ := shown("harmless")
	for _, text := range hostile {
		if !event.ValidName("C" + text) {
			t.Logf("%q is no name, and the vocabulary refuses it", text)
			continue
		}
		pages, all := shown(text)
		if len(pages) != len(harmless) || len(pages) < 8 {
			t.Fatalf("%q: %d pages, want %d", text, len(pages), len(harmless))
		}
		for i, p := range pages {
			if got, want := strings.Join(p.elements, "\n"), strings.Join(harmless[i].elements, "\n"); got != want {
				t.Errorf("%q on page %d makes the elements\n%s\nwant\n%s", text, i, got, want)
			}
		}
		if !strings.Contains(pages[0].texts, "Q"+text) || !strings.Contains(pages[0].texts, "T"+text) || !strings.Contains(pages[1].texts, text) {
			t.Errorf("%q is not shown as it is: %s", text, pages[0].texts)
		}
		for _, w := range all {
			if kind := w.Header().Get("Content-Type"); kind == "application/json" && (!json.Valid(w.Body.Bytes()) || bytes.ContainsAny(w.Body.Bytes(), "<>")) {
				t.Errorf("%q: the JSON could be read as a page: %s", text, w.Body)
			}
		}
	}
}

// TestHeaders: what a page may do, and who may keep it.
func TestHeaders(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	token := d.token()
	for _, w := range []*httptest.ResponseRecorder{
		d.do("GET", "/r/"+token, ""), d.do("GET", "/r/forged", ""), d.do("GET", "/surveys/ease", ""), d.do("POST", "/r/"+token, "score=2", asForm...), d.do("POST", "/r/"+token+"/shown", ""), d.do("GET", "/nothing/here", ""),
	} {
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": "", "X-Frame-Options": "DENY",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%d: %s is %q, want %q", w.Code, name, got, want)
			}
		}
	}
	w := d.do("GET", "/widget.js", "")
	etag := w.Header().Get("ETag")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") || w.Header().Get("Access-Control-Allow-Origin") != "*" || etag == "" {
		t.Errorf("the widget: %d %v", w.Code, w.Header())
	}
	if w := d.do("GET", "/widget.js", "", "If-None-Match", etag); w.Code != http.StatusNotModified {
		t.Errorf("the widget again: %d", w.Code)
	}
	if w := d.do("POST", "/widget.js", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("a POST of the widget: %d", w.Code)
	}
	page := parsed(t, d.do("GET", "/r/"+token, "").Body.Bytes())
	for _, e := range page.elements {
		if strings.Contains(e, " style") || strings.Contains(e, " on") || strings.HasPrefix(e, "style") || (strings.HasPrefix(e, "script") && !strings.Contains(e, " src")) {
			t.Errorf("the policy forbids <%s>", e)
		}
	}
}

// TestLanguages: the question is in the language that the customer wants, and the page is in the question's, if there are texts.
func TestLanguages(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	german, none := d.token(intake.InLanguage("de")), d.token()
	for _, test := range []struct {
		name, token, query, accept string
		question, lang, page, dir  string
	}{
		{"nothing said", none, "", "", "How easy", "en", "en", "ltr"},
		{"the browser's", none, "", "de-AT,de;q=0.9,en;q=0.8", "Wie einfach", "de", "de", "ltr"},
		{"the browser's order", none, "", "fr;q=0.1, de;q=0.5, ar;q=0.8", "ما مدى", "ar", "ar", "rtl"},
		{"the link's", german, "", "ar", "Wie einfach", "de", "de", "ltr"},
		{"the query's", german, "?lang=ar", "fr", "ما مدى", "ar", "ar", "rtl"},
		{"a language without a page", none, "?lang=fi", "", "Kuinka", "fi", "en", "ltr"},
		{"a language without a page, and the next one", none, "", "fi, fr;q=0.5", "Kuinka", "fi", "fr", "ltr"},
		{"a language without a question", none, "", "nl", "How easy", "en", "en", "ltr"},
		{"no language", none, "?lang=%3Cscript%3E", "<script>;q=9,,;;", "How easy", "en", "en", "ltr"},
		{"too many", none, "", strings.Repeat("de,", 400), "How easy", "en", "en", "ltr"},
	} {
		w := d.do("GET", "/r/"+test.token+test.query, "", "Accept-Language", test.accept)
		p := parsed(t, w.Body.Bytes())
		if !strings.Contains(p.texts, test.question) || p.attrs["html lang"] != test.page || p.attrs["html dir"] != test.dir || p.attrs["legend lang"] != test.lang {
			t.Errorf("%s: the page is %s %s, the question %s: %s", test.name, p.attrs["html lang"], p.attrs["html dir"], p.attrs["legend lang"], p.texts)
		}
		var s struct {
			Language, Question string
			Texts              struct{ Language, Dir, Send string }
		}
		w = d.do("GET", "/r/"+test.token+test.query, "", "Accept-Language", test.accept, "Accept", "application/json")
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || s.Language != test.lang || !strings.Contains(s.Question, test.question) || s.Texts.Language != test.page || s.Texts.Dir != test.dir || s.Texts.Send == "" {
			t.Errorf("%s: the JSON is %s, %v", test.name, w.Body, err)
		}
	}
}

// TestSurveyJSON: the contract with the widget.
func TestSurveyJSON(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore(), intake.WithChoice("de", "too_slow", "Zu langsam"), intake.WithEnds("ease", "de", "Stimmt nicht", "Stimmt"))
	w := d.do("GET", "/surveys/ease?lang=de", "")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "texts")
	want := fmt.Sprintf(`map[choices:[map[name:too_slow text:Zu langsam] map[name:card-refused text:card refused]] consent:map[dir:ltr language:de text:Sie dürfen meine Worte zeigen. version:3] dir:ltr language:de name:ease question:Wie einfach war das Bezahlen? scale:map[high:Stimmt kind:ces low:Stimmt nicht max:7 min:1] unsolicited:false version:%s]`, ease.Version())
	if text := fmt.Sprint(got); text != want {
		t.Errorf("the JSON is\n%s\nwant\n%s", text, want)
	}
	token := d.token()
	d.do("POST", "/r/"+token, `{"score":6}`, asJSON...)
	_ = d.told()
	if w := d.do("GET", "/r/"+token, "", "Accept", "application/json"); !contains(w, `"answered":{"score":6}`) || !contains(w, `"expires":"20`) {
		t.Errorf("the JSON of an answered link is %s", w.Body)
	}
	if w := d.do("GET", "/r/"+token, ""); !contains(w, "You have already answered") || !contains(w, `value="6" checked`) {
		t.Errorf("the page of an answered link is %s", w.Body)
	}
	if w := d.do("GET", "/r/"+token+"?score=2", ""); !contains(w, `value="2" checked`) || contains(w, `value="6" checked`) {
		t.Errorf("the page with a chosen score is %s", w.Body)
	}
	if w := d.do("HEAD", "/r/"+token, ""); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d %v", w.Code, w.Header())
	}
}

// TestAnswer: all that a customer can say arrives, from a form and from JSON.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		headers    []string
	}{
		{"a form", form("score", "2", "comment", "Zu teuer, ä <b>", "causes", "too_slow", "causes", "card-refused", "language", "de", "testimonial", "on", "consent", "3", "extra", "x"), asForm},
		{"JSON", `{"score":2,"comment":"Zu teuer, ä <b>","causes":["too_slow","card-refused"],"language":"de","testimonial":true}`, asJSON},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, newStore())
			before := time.Now()
			if w := d.do("POST", "/r/"+d.token(), test.body, test.headers...); w.Code != 200 {
				t.Fatal(w.Code, w.Body)
			}
			f := d.last(event.FeedbackReceived).Feedback
			if f.Score != 2 || f.Comment != "Zu teuer, ä <b>" || f.Language != "de" || fmt.Sprint(f.Causes) != "[too_slow card-refused]" {
				t.Errorf("%+v", f)
			}
			if c := f.Testimonial; c == nil || c.Version != "3" || c.Language != "de" || c.Text != "Sie dürfen meine Worte zeigen." || c.Given.Before(before.Add(-time.Second)) || !c.Withdrawn.IsZero() {
				t.Errorf("the consent is %+v", c)
			}
		})
	}
}

// TestConsentIsWhatWasShown: the page that is sent back as it is proves the text that was on it, in each mixture of languages.
func TestConsentIsWhatWasShown(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	for i, lang := range []string{"en", "de", "fi", "ar", "nl"} {
		token := must(d.signer.Token(d.ask(d.ctx(), fmt.Sprint("customer-", i))))
		root, err := html.Parse(d.do("GET", "/r/"+token+"?score=2", "", "Accept-Language", lang).Body)
		if err != nil {
			t.Fatal(err)
		}
		values, label := url.Values{}, ""
		for n := range root.Descendants() {
			attr := map[string]string{}
			for _, a := range n.Attr {
				attr[a.Key] = a.Val
			}
			_, checked := attr["checked"]
			switch {
			case n.Data == "input" && attr["name"] == "testimonial":
				values.Add("testimonial", attr["value"])
				for n := range n.Parent.Descendants() {
					if n.Type == html.TextNode {
						label += n.Data
					}
				}
			case n.Data == "input" && (attr["type"] == "hidden" || checked):
				values.Add(attr["name"], attr["value"])
			}
		}
		if w := d.do("POST", "/r/"+token, values.Encode(), asForm...); w.Code != 200 {
			t.Fatalf("%s: %d %s", lang, w.Code, w.Body)
		}
		_ = d.told()
		c := d.last(event.FeedbackReceived).Feedback.Testimonial
		if c == nil || c.Text != strings.TrimSpace(label) {
			t.Errorf("%s: the customer has seen %q, and consented to %+v", lang, label, c)
		}
	}
}

// TestEarlierVersion: a link for an earlier text shows that text, and its answer is counted for it.
func TestEarlierVersion(t *testing.T) {
	t.Parallel()
	old := feedback.Define("ease", feedback.CES, feedback.Ask("en", "Was it easy to pay?"), feedback.In(order, "payment"), feedback.Expires(7*24*time.Hour))
	store := newStore()
	d := newDoor(t, store, intake.WithSurveys(old))
	id := event.NewID(time.Now())
	token := must(d.signer.Token(old.Asked(id), intake.Until(time.Now().Add(time.Hour))))
	if w := d.do("GET", "/r/"+token, ""); !contains(w, "Was it easy to pay?") || contains(w, "too_slow") {
		t.Errorf("the page is %s", w.Body)
	}
	other := newDoor(t, store) // without the earlier version
	if w := other.do("GET", "/r/"+token, ""); !contains(w, "How easy was it to pay?") {
		t.Errorf("the page is %s", w.Body)
	}
	if w := d.do("GET", "/surveys/ease", ""); !contains(w, "How easy was it to pay?") {
		t.Errorf("the survey is %s", w.Body)
	}
}

// TestMissingScore: the form comes back with what the customer wrote.
func TestMissingScore(t *testing.T) {
	t.Parallel()
	d := newDoor(t, newStore())
	w := d.do("POST", "/r/"+d.token(), form("comment", "a long story", "causes", "too_slow", "language", "de", "testimonial", "true"), asForm...)
	p := parsed(t, w.Body.Bytes())
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(p.texts, "a long story") || !strings.Contains(p.texts, "Wählen Sie eine Antwort") || strings.Count(w.Body.String(), " checked") != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if d.refused()["bad_request"] != 1 {
		t.Errorf("counted %v", d.refused())
	}
	d.want()
}
