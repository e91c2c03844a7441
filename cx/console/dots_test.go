package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// rename gives the first run, and its customer, another ID.
func rename(m *memory, id string) {
	for i := range m.events {
		if e := &m.events[i]; e.Journey.ID == "T/0 " {
			e.Journey.ID, e.Customer.Hash = id, id
		}
	}
}

// browsed is what a browser asks for: the path of an address, walked as the URL standard says (WHATWG, 4.4, path state), where "%2e" is a dot, too.
func browsed(address string) string {
	path, query, _ := strings.Cut(address, "?")
	var walked []string
	for _, part := range strings.Split(path, "/")[1:] {
		switch strings.ReplaceAll(strings.ToLower(part), "%2e", ".") {
		case ".":
		case "..":
			walked = walked[:max(0, len(walked)-1)]
		default:
			walked = append(walked, part)
		}
	}
	return "/" + strings.Join(walked, "/") + "?" + query
}

// TestRunsOfDots: a browser walks no part of the address of a run, a journey or a customer, whatever its name, and its page, its forms and the search have it.
func TestRunsOfDots(t *testing.T) {
	t.Parallel()
	for _, id := range []string{".", "..", "~.", "~~..", "~", "...", "%2e", ".%2e", "a/.."} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			m := crowd(id, "")
			rename(m, id)
			c := served(t, loaded(t, desk(id), m))
			path, followed := url.PathEscape(id), map[string]bool{}
			if name := strings.TrimLeft(id, "~"); name == "." || name == ".." {
				path = "~" + path
			}
			for _, address := range []string{"/journeys/" + path, "/runs/" + path + "/" + path, "/customers/" + path, "/customers/" + path + "/export"} {
				w := request(c, http.MethodGet, browsed(address))
				if w.Code != http.StatusOK {
					t.Errorf("%s is answered with %d", address, w.Code)
				}
				for _, link := range links(t, address, w.Body.String()) {
					at, _, _ := strings.Cut(link, "?")
					if strings.HasSuffix(address, "export") || !strings.HasSuffix(at, "/"+path) || followed[at] {
						continue
					}
					followed[at] = true
					if w := request(c, http.MethodGet, browsed(link)); w.Code != http.StatusOK {
						t.Errorf("%s links to %s, which is answered with %d", address, link, w.Code)
					}
				}
			}
			o := &office{t: t, console: c}
			to := o.post("/find", "q", id).Header().Get("Location")
			if w := request(c, http.MethodGet, browsed(to)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "/runs/"+path+"/"+path) {
				t.Errorf("the search leads to %s, which is answered with %d", to, w.Code)
			}
		})
	}
}

// TestLongHits: a list of hits has runs whose IDs are as long as they can be, in any alphabet.
func TestLongHits(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]string{"two bytes": "é", "three bytes": "語", "four bytes": "𝒜", "slashes": "/", "backslashes": `\`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := "7 " + strings.Repeat(of, (event.MaxID-2)/len(of))
			m := crowd("ticket", "")
			rename(m, id)
			o := &office{t: t, console: served(t, loaded(t, desk("ticket"), m))}
			w := o.post("/find", "q", id)
			to := w.Header().Get("Location")
			if code, body := o.get(to); w.Code != http.StatusSeeOther || code != http.StatusOK || !strings.Contains(body, "/runs/ticket/"+url.PathEscape(id)) {
				t.Errorf("the search is answered with %d to %s, and that with %d", w.Code, to, code)
			}
		})
	}
}
