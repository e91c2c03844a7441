//go:build unix

package insight_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// The support desk of the example, played over HTTP: a customer in a browser, and the employees.

// browser is the browser of a customer.
type browser struct {
	t      *testing.T
	url    string
	client *http.Client
}

func newBrowser(t *testing.T, at string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, url: at, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	b.send(http.MethodGet, "/", "")
	return b
}

func (b *browser) send(method, path, form string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		b.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}

// do does what buttons of the page do, each written as the last element of its path, with the fields of its form: "desk-answer on=chat". A time is one that passes.
func (b *browser) do(acts ...string) {
	b.t.Helper()
	for _, act := range acts {
		name, fields, _ := strings.Cut(act, " ")
		form := url.Values{}
		for field := range strings.FieldsSeq(fields) {
			key, value, _ := strings.Cut(field, "=")
			form.Set(key, value)
		}
		if strings.HasSuffix(name, "s") && strings.ContainsAny(name[:1], "0123456789") {
			b.send(http.MethodPost, "/clock", "by="+name)
			continue
		}
		b.send(http.MethodPost, "/do/"+name, form.Encode())
	}
}

// helped are matters of customers. The form fails. The bot does not understand, Ada answers the chat, and asks the team lead, who grants every other refund. Every third
// customer leaves the queue of the call, every third one is called back later, and the others are passed on. Then each of them writes in public.
func helped(t *testing.T, at string, customers int) {
	t.Helper()
	for n := range customers {
		b := newBrowser(t, at)
		b.do("address street=Hill town=Newfield", "chat-open intent=change-address", "chat-say text=hello", "chat-person", "10s", "desk-seat employee=employee-1",
			"desk-answer on=chat", "desk-reply on=chat text=yes", "10s")
		if n%2 == 0 {
			b.do("desk-decide on=chat decision=refund amount=20", "desk-claim on=chat resolved=yes")
		} else {
			b.do("desk-decide on=chat decision=refund amount=40", "1m0s", "desk-lead on=chat answer="+[]string{"yes", "no"}[n/2%2], "desk-claim on=chat resolved=no")
		}
		b.do("desk-end on=chat", "10s", "desk-end on=chat", "call-dial intent=change-address line=billing", "10s")
		switch n % 3 {
		case 0:
			b.do("call-hangup")
		case 1:
			b.do("call-callback")
		default:
			b.do("desk-seat employee=employee-2", "desk-answer on=call", "10s", "desk-decide on=call decision=exception", "desk-transfer on=call queue=orders warm=yes", "10s",
				"desk-seat employee=employee-1", "desk-ring on=call", "10s", "desk-answer on=call", "10s", "desk-hold on=call", "10s", "desk-hold on=call",
				"desk-transfer on=call queue=billing", "10s", "desk-seat employee=employee-2", "desk-answer on=call", "10s", "desk-claim on=call resolved=yes", "desk-end on=call", "10s", "desk-end on=call")
		}
		b.do("post-write intent=refund text=please", "1m0s", "desk-seat employee=employee-3", "desk-post text=yes", "1m0s", "post-write text=thanks")
		if n%2 == 0 {
			b.do("10s", "desk-post text=welcome")
		}
		b.do("desk-close")
	}
	newBrowser(t, at).do("216h0m0s")
}
