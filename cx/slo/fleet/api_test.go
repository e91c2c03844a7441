package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
)

// says returns a handler that answers every request so.
func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body)) // the client may have gone
	}
}

// vectorOf is the answer to the first query, with these series.
func vectorOf(series string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + series + `]}}`
}

// TestRefusedAnswers: an answer that may lack counts is an error, which names the objective, the query, the address and the remedy, and there
// are no states.
func TestRefusedAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		handler      http.Handler
		want         string
	}{
		{"no JSON", "a page of a proxy", says(http.StatusOK, "<html>"), "cannot be read"},
		{"half an answer", "the connection broke", says(http.StatusOK, vectorOf("")[:40]), "cannot be read"},
		{"other JSON", "another service listens there", says(http.StatusOK, `{"ok":true}`), `has the status ""`},
		{"an empty body", "", says(http.StatusOK, ""), "cannot be read"},
		{"null", "", says(http.StatusOK, "null"), `has the status ""`},
		{"a matrix for a vector", "", says(http.StatusOK, `{"status":"success","data":{"resultType":"matrix","result":[]}}`), `is a "matrix" and not a vector`},
		{"no list", "", says(http.StatusOK, `{"status":"success","data":{"resultType":"vector","result":{}}}`), "result cannot be read"},
		{
			"an error of the query", "Prometheus answers so", says(422, `{"status":"error","errorType":"execution","error":"too many samples"}`),
			"HTTP 422, execution: too many samples: raise the limit",
		},
		{"a timeout of the server", "", says(503, `{"status":"error","errorType":"timeout","error":"query timed out"}`), "allow more time with WithTimeout"},
		{"a query that it cannot parse", "an old server", says(400, `{"status":"error","errorType":"bad_data","error":"unknown function"}`), "2.42 or later"},
		{"an error with 200", "", says(http.StatusOK, `{"status":"error","errorType":"internal","error":"disk"}`), "internal: disk"},
		{"500 without JSON", "", says(http.StatusInternalServerError, "oops"), "HTTP 500: try again when it has recovered"},
		{"a success with 502", "a proxy that has a page in its cache", says(http.StatusBadGateway, vectorOf("")), "HTTP 502: try again"},
		{"429", "", says(http.StatusTooManyRequests, ""), "HTTP 429: try again"},
		{"404", "the prefix is missing", says(http.StatusNotFound, "404 page not found"), "HTTP 404: see that the address is that of Prometheus"},
		{"401", "", says(http.StatusUnauthorized, ""), "HTTP 401: give WithHTTPClient"},
		{"403", "", says(http.StatusForbidden, ""), "HTTP 403: give WithHTTPClient"},
		{"a huge error", "the limit is for answers", says(http.StatusInternalServerError, strings.Repeat("x", 1<<20)), "HTTP 500"},
		{"a huge vector", "it cannot be divided", says(http.StatusOK, vectorOf(strings.Repeat(" ", 1<<20))), "longer than the limit of 65536 bytes: allow more with WithMaxResponse"},
		{
			"warnings", "a store behind Thanos is away", says(http.StatusOK, `{"status":"success","warnings":["store down"],"data":{"resultType":"vector","result":[]}}`),
			`may lack counts: ["store down"]`,
		},
		{"partial", "VictoriaMetrics says so", says(http.StatusOK, `{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}`), "may lack counts"},
		{"NaN", "it would poison every sum", says(http.StatusOK, vectorOf(`{"metric":{"a":"b"},"value":[1,"NaN"]}`)), "has a value that no counter has"},
		{"infinity", "", says(http.StatusOK, vectorOf(`{"metric":{},"value":[1,"+Inf"]}`)), "has a value that no counter has"},
		{"a negative value", "", says(http.StatusOK, vectorOf(`{"metric":{},"value":[1,"-1"]}`)), "has a value that no counter has"},
		{"no number", "", says(http.StatusOK, vectorOf(`{"metric":{},"value":[1,"many"]}`)), "no pair of a time and a value"},
		{"no time", "", says(http.StatusOK, vectorOf(`{"metric":{},"value":["NaN","1"]}`)), "no pair of a time and a value"},
		{"no pair", "", says(http.StatusOK, vectorOf(`{"metric":{},"value":["1"]}`)), "no pair of a time and a value"},
		{"a histogram", "its value is missing", says(http.StatusOK, vectorOf(`{"metric":{},"histogram":[1,{}]}`)), "a counter is no histogram"},
		{"values in a vector", "", says(http.StatusOK, vectorOf(`{"metric":{},"values":[[1,"1"]]}`)), "a series without a value"},
		{
			"a redirect", "a POST would lose its body", http.RedirectHandler("https://user:secret@elsewhere.example/login?token=secret", http.StatusFound),
			"HTTP 302 and leads to https://elsewhere.example: give fleet.New the address",
		},
		{"a redirect on the server", "", http.RedirectHandler("/login", http.StatusTemporaryRedirect), "leads to another path"},
		{"the connection breaks", "", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "EOF: see that Prometheus runs there"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all, err := status(t, test.handler, noon(), []slo.Objective{journey("checkout-completes", slo.Window{Days: 28})}, fleet.WithMaxResponse(64<<10))
			if all != nil || err == nil {
				t.Fatalf("%v, %v, want an error: %s", all, err, test.reason)
			}
			for _, want := range []string{
				`fleet: objective "checkout-completes": asking http://127.0.0.1:`, ` for last_over_time(cx_slo_events_total{cx_objective_name="checkout-completes"}[86400000ms]): `, test.want,
			} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is\n%v\nand lacks\n%s", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") || len(err.Error()) > 2000 {
				t.Errorf("the error has %d bytes, or a secret: %v", len(err.Error()), err)
			}
		})
	}
}

// TestLaterAnswers: an answer in the middle is looked at as the first one is.
func TestLaterAnswers(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/api/v1/query", "/api/v1/query_range"} {
		f := &fake{series: []stored{events("o", "bad", "a", at(25*hour, hour, 1, 2, 3)...)}}
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path && !strings.HasPrefix(r.FormValue("query"), "last_over_time") {
				says(http.StatusInternalServerError, "")(w, r)
				return
			}
			f.ServeHTTP(w, r)
		})
		if all, err := status(t, handler, noon(), []slo.Objective{journey("o", slo.Window{Days: 1})}); err == nil || all != nil {
			t.Errorf("%s fails, and the states are %v, %v", path, all, err)
		}
	}
}

// TestCredentials: those in the address reach the server, and no error.
func TestCredentials(t *testing.T) {
	t.Parallel()
	address, client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "reader" || password != "secret" || !strings.HasPrefix(r.URL.Path, "/prefix/api/v1/") {
			t.Errorf("%s %q %q", r.URL.Path, user, password)
		}
		w.WriteHeader(http.StatusInternalServerError)
	}))
	for _, a := range []string{address, "http://127.0.0.1:1"} { // nothing listens on the second one
		c, err := fleet.New(strings.Replace(a, "http://", "http://reader:secret@", 1)+"/prefix/", fleet.WithHTTPClient(client))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Status(t.Context(), []slo.Objective{journey("o", slo.Window{Days: 1})}, noon())
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "reader") || !strings.Contains(err.Error(), a+"/prefix") {
			t.Errorf("the error is %v", err)
		}
	}
}

// TestSlow: a server that does not answer, or not to the end, ends with the time of the request or with the caller's context.
func TestSlow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		body string // what it says before it falls silent
	}{{"no answer", ""}, {"half an answer", vectorOf("")[:30]}} {
		silent := func(arrived func()) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm() // only then does the server see that the client has gone
				if test.body != "" {
					_, _ = w.Write([]byte(test.body))
					_ = http.NewResponseController(w).Flush()
				}
				arrived()
				<-r.Context().Done()
			}
		}
		t.Run(test.name+" in time", func(t *testing.T) {
			t.Parallel()
			_, err := status(t, silent(func() {}), noon(), []slo.Objective{journey("o", slo.Window{Days: 1})}, fleet.WithTimeout(20*time.Millisecond))
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no whole answer within 20ms") {
				t.Errorf("the error is %v", err)
			}
		})
		t.Run(test.name+" before the caller gives up", func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			reason := errors.New("the page was closed")
			address, client := serve(t, silent(func() { cancel(reason) }))
			c, err := fleet.New(address, fleet.WithHTTPClient(client))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Status(ctx, []slo.Objective{journey("o", slo.Window{Days: 1})}, noon()); !errors.Is(err, reason) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, address string
		option        fleet.Option
		want          string
	}{
		{"no address", "", nil, "is empty: write one such as"},
		{"no scheme", "prometheus:9090", nil, "no host, or a scheme other than http and https"},
		{"another scheme", "ftp://prometheus", nil, "no host, or a scheme other than http and https"},
		{"no host", "http:///path", nil, "no host"},
		{"no URL", "http://user:secret@host:port", nil, "is no URL"},
		{"a query", "http://user:secret@host?token=secret", nil, "the address http://host has a query"},
		{"a fragment", "http://host#secret", nil, "the address http://host has a query or a fragment"},
		{"a label that is none", "http://host", fleet.WithMatcher("name space", "x"), `WithMatcher("name space", …): name a label`},
		{"a label of Cairn's own", "http://host", fleet.WithMatcher("cx_objective_name", "x"), "not a label of Cairn's"},
		{"a label of Prometheus' own", "http://host", fleet.WithMatcher("__name__", "x"), "not a label of Cairn's or Prometheus'"},
		{"no client", "http://host", fleet.WithHTTPClient(nil), "leave the option out"},
		{"no time", "http://host", fleet.WithTimeout(0), "WithTimeout(0s): it has to be 1ms to 10m"},
		{"too much time", "http://host", fleet.WithTimeout(11 * time.Minute), "WithTimeout(11m0s)"},
		{"no bytes", "http://host", fleet.WithMaxResponse(1), "WithMaxResponse(1): it has to be 65536 to 1073741824 bytes"},
		{"too many bytes", "http://host", fleet.WithMaxResponse(1 << 40), "WithMaxResponse(1099511627776)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := fleet.New(test.address, test.option)
			if c != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, %v, want %q", c, err, test.want)
			}
		})
	}
	if _, err := fleet.New("", fleet.WithTimeout(0), fleet.WithMaxResponse(0)); err == nil || strings.Count(err.Error(), "fleet: ") != 3 {
		t.Errorf("the error is %v, want all three faults", err)
	}
}

// TestNothingIsSent: faulty objectives and a Client that is nil end before a request.
func TestNothingIsSent(t *testing.T) {
	t.Parallel()
	none := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was asked for", r.URL) })
	if _, err := status(t, none, noon(), []slo.Objective{{Name: "o"}}); err == nil || !strings.Contains(err.Error(), `fleet: the objectives: objective "o"`) {
		t.Errorf("the error is %v", err)
	}
	var c *fleet.Client
	if _, err := c.Status(t.Context(), nil, noon()); err == nil {
		t.Error("a Client that is nil has no error")
	}
	if all, err := status(t, none, noon(), nil); err != nil || len(all) != 0 {
		t.Errorf("no objectives: %v, %v", all, err)
	}
}

// FuzzAnswer: whatever a server says, Status ends with states or with an error, and counts nothing that is negative.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		vectorOf(""), vectorOf(`{"metric":{"cx_objective_result":"bad"},"value":[1,"1"]}`), `{"status":"error"}`, "null", "[", `{"status":"success","data":null}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"cx_objective_result":"bad"},"values":[[1772610000,"5"],[1772610001,"1e300"]]}]}}`,
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, first, rest string) {
		c, err := fleet.New("http://host", fleet.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) *http.Response {
			body := rest
			if strings.HasPrefix(r.FormValue("query"), "last_over_time(") {
				body = first
			}
			return answerOf(body)
		})}))
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Status(t.Context(), []slo.Objective{journey("o", slo.Window{Days: 1})}, noon())
		if (err == nil) != (len(all) == 1) {
			t.Fatal(fmt.Sprint(all, err))
		}
		for _, s := range all {
			if s.Good < 0 || s.Bad < 0 || s.Excluded < 0 {
				t.Errorf("%+v", s.Counts)
			}
		}
	})
}
