package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// house serves worlds, and lets the script change them.
type house struct {
	t       *testing.T
	control *http.ServeMux
	// worlds are the addresses of the consoles by their name, of which the script is told.
	worlds map[string]string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, control: http.NewServeMux(), worlds: map[string]string{}}
	server := httptest.NewServer(h.control)
	t.Cleanup(server.Close)
	h.worlds["control"] = server.URL
	return h
}

// said is the list of worlds as an argument of the script.
func (h *house) said() string {
	text, err := json.Marshal(h.worlds)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// act is what the script does to a world: POST of the name.
func (h *house) act(name string, f func(r *http.Request)) {
	h.control.HandleFunc("POST /"+name, func(_ http.ResponseWriter, r *http.Request) { f(r) })
}

// newTable returns a table with the events of the source; nil is none.
func newTable(t *testing.T, b *blueprint.Blueprint, s insight.Source) *insight.Table {
	t.Helper()
	table, err := insight.New(b, insight.WithTeam("team"))
	if err != nil {
		t.Fatal(err)
	}
	if s != nil {
		if err := table.Load(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

// open serves a console at /cx/ until the end of the test, and returns its server. Wrap changes its handler; nil does not.
func (h *house) open(name string, table *insight.Table, wrap func(http.Handler) http.Handler, opts ...console.Option) *httptest.Server {
	h.t.Helper()
	opts = append([]console.Option{
		console.WithPath("/cx/"), console.WithLogger(quiet), console.WithRefresh(time.Second), console.WithClock(func() time.Time { return now }),
	}, opts...)
	c, err := console.New(table, opts...)
	if err != nil {
		h.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/cx/", c)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	var served http.Handler = mux
	if wrap != nil {
		served = wrap(mux)
	}
	server := httptest.NewServer(served)
	h.t.Cleanup(server.Close)
	h.t.Cleanup(c.Close)
	h.worlds[name] = server.URL + "/cx/"
	return server
}

// everything serves the office, whose orders come and whose connections are cut as the script says.
func (h *house) everything(name string) {
	table := newTable(h.t, desk(plain), nil)
	o := newOffice(h.t, table)
	var cut atomic.Pointer[string] // the status that a proxy answers with; "" cuts the connection
	server := h.open(name, table, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch status := cut.Load(); {
			case status == nil:
				next.ServeHTTP(w, r)
			case *status == "":
				panic(http.ErrAbortHandler)
			default:
				http.Error(w, "the server is away", http.StatusBadGateway)
			}
		})
	}, o.options()...)
	h.act(name+"/order", func(r *http.Request) { o.happen(r.URL.Query().Get("id")) })
	h.act(name+"/ticket", func(*http.Request) { o.ticket() })
	h.act(name+"/load", func(*http.Request) { o.pass(time.Minute); o.load() })
	h.act(name+"/cut", func(r *http.Request) {
		status := r.URL.Query().Get("status")
		cut.Store(&status)
		server.CloseClientConnections()
	})
	h.act(name+"/mend", func(*http.Request) { cut.Store(nil) })
}

// loading serves a table whose first load waits for the script.
func (h *house) loading() {
	table := newTable(h.t, desk(plain), nil)
	h.open("loading", table, nil)
	h.act("loading/load", func(*http.Request) {
		if err := table.Load(context.Background(), days(2, plain)); err != nil {
			h.t.Error(err)
		}
	})
}

// used says how much memory the process has in use.
func (h *house) used() {
	h.control.HandleFunc("GET /memory", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		_, _ = io.WriteString(w, string(mustJSON(h.t, m.HeapAlloc)))
	})
}

func mustJSON(t *testing.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Error(err)
	}
	return text
}
