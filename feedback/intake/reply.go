package intake

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func isForm(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == typeForm
}

// wantsJSON reports whether the client reads JSON. A browser that shows a page asks for HTML.
func (x *exchange) wantsJSON() bool {
	accept := strings.Join(x.r.Header.Values("Accept"), ",")
	switch {
	case strings.Contains(accept, "text/html"):
		return false
	case strings.Contains(accept, typeJSON):
		return true
	case x.r.Method == http.MethodPost:
		return !isForm(x.r.Header.Get("Content-Type"))
	default:
		return x.token == ""
	}
}

// preferred returns the languages that the customer wants, the best first.
func (x *exchange) preferred() []string {
	var all []string
	if q := x.r.URL.Query().Get("lang"); isLanguage(q) {
		all = append(all, q)
	}
	if x.lang != "" {
		all = append(all, x.lang)
	}
	if header := x.r.Header.Get("Accept-Language"); len(header) <= 512 {
		all = append(all, header)
	}
	return all
}

// refuse counts the refusal, and sends it.
func (x *exchange) refuse(no *refusal) {
	x.count(no)
	if !x.wantsJSON() {
		x.notice(no.httpStatus(), string(no.code))
		return
	}
	t := x.h.tongues.find(x.preferred()...)
	x.json(no.httpStatus(), map[string]any{"error": map[string]string{
		"code": string(no.code), "message": t.texts.Pages[string(no.code)].line(t.tag), "detail": no.detail,
	}})
}

// count counts the refusal, and says when the client may try again.
func (x *exchange) count(no *refusal) {
	x.h.counter.count(x.r.Context(), no.code)
	if no.retry > 0 {
		x.w.Header().Set("Retry-After", strconv.Itoa(no.retry))
	}
}

// received says that an answer is recorded. Without a link it was one without a request.
func (x *exchange) received(l *link, score int) {
	what, page := "answered", "thanks"
	if l != nil && l.answered() {
		what, page = "amended", "changed"
	}
	if x.wantsJSON() {
		reply := map[string]any{"status": what, "score": score}
		if l != nil {
			reply["expires"] = l.expires()
		}
		x.json(http.StatusOK, reply)
		return
	}
	t := x.h.tongues.find(x.preferred()...)
	v := x.view(t)
	done := t.texts.Pages[page]
	v.Done, v.CanChange = &done, l != nil
	x.html(http.StatusOK, v)
}

// expires returns when the link expires.
func (l *link) expires() time.Time { return time.Unix(l.ticket.expires, 0).UTC() }

// notice sends a page without a form. A name of a code is a refusal.
func (x *exchange) notice(status int, name string) {
	t := x.h.tongues.find(x.preferred()...)
	v := x.view(t)
	n := t.texts.Pages[name]
	if _, refused := statuses[code(name)]; refused {
		v.Refused = &n
	} else {
		v.Done = &n
	}
	x.html(status, v)
}

func (x *exchange) html(status int, v *view) {
	var page bytes.Buffer
	if err := x.h.page.ExecuteTemplate(&page, "page.tmpl", v); err != nil {
		http.Error(x.w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	x.send(status, "text/html; charset=utf-8", page.Bytes())
}

func (x *exchange) json(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(x.w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	x.send(status, typeJSON, append(body, '\n'))
}

func (x *exchange) send(status int, kind string, body []byte) {
	x.w.Header().Set("Content-Type", kind)
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(body) // the client is gone
	}
}
