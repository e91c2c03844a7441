package httpsink_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/httpsink"
	"cairncx.dev/cairn/exporters/sink"
)

// TestStatus: every status there is has one meaning.
func TestStatus(t *testing.T) {
	const taken, refused, transient, config = "taken", "refused", "transient", "configuration"
	want := map[int]string{}
	for _, tt := range []struct {
		name, reason string
		from, to     int
		want         string
	}{
		{"what is no final answer", "whatever it is, it took nothing", 100, 199, transient},
		{"success", "RFC 9110, section 15.3", 200, 299, taken},
		{"redirection", "events go where they are told to go", 300, 399, transient},
		{"the client's fault", "addresses, methods and credentials are put right, buried events are gone", 400, 499, config},
		{"the server's fault", "it may go away", 500, 599, transient},
		{"what RFC 9110 does not know", "it may go away", 600, 999, transient},
		{"400 is about what was sent", "less of it may be taken", 400, 400, refused},
		{"408 was too slow", "RFC 9110: it may be repeated", 408, 408, transient},
		{"409 is a conflict", "RFC 9110: with the state of what is there; of a batch that is there already less may be new", 409, 409, refused},
		{"413 is too large", "less of it may be taken", 413, 413, refused},
		{"422 is about what was sent", "less of it may be taken", 422, 422, refused},
		{"425 is too early", "RFC 8470", 425, 425, transient},
		{"429 is too many", "RFC 6585", 429, 429, transient},
	} {
		for status := tt.from; status <= tt.to; status++ { // what is further down is more special
			want[status] = tt.want
		}
	}
	for status, want := range want {
		err := (&httpsink.Answer{Status: status}).Err()
		got := transient
		switch {
		case err == nil:
			got = taken
		case sink.IsPermanent(err):
			got = refused
		case strings.Contains(err.Error(), "look at the URL"):
			got = config
		}
		if got != want {
			t.Errorf("%d is %s, want %s: %v", status, got, want, err)
		}
		said := strings.TrimSpace("answers " + strconv.Itoa(status) + " " + http.StatusText(status))
		if err != nil && !strings.HasPrefix(err.Error(), said+": ") {
			t.Errorf("%d: %q", status, err)
		}
	}
	if err := (*httpsink.Answer)(nil).Err(); err == nil || sink.IsPermanent(err) {
		t.Errorf("no answer has taken the events: %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	date := "Fri, 17 Apr 2026 12:00:00 GMT"
	tests := []struct {
		name, reason string
		status       int
		value, date  string
		after        time.Duration // -1 where it does not ask
	}{
		{"seconds", "RFC 9110, section 10.2.3", 429, "3", "", 3 * time.Second},
		{"nothing", "at once", 503, "0", "", 0},
		{"a wrong key", "what is transient may say when", 401, "60", "", time.Minute},
		{"a date", "measured by the receiver's clock", 503, "Fri, 17 Apr 2026 12:00:40 GMT", date, 40 * time.Second},
		{"a date that is past", "at once, then", 503, "Fri, 17 Apr 2020 12:00:40 GMT", "", 0},
		{"a date that is far away", "bounded", 503, "Fri, 17 Apr 2099 12:00:40 GMT", "", 24 * time.Hour},
		{"eternity", "bounded", 429, "99999999999999999999999", "", 24 * time.Hour},
		{"less than nothing", "ignored", 429, "-5", "", -1},
		{"rubbish", "ignored", 429, "soon", "", -1},
		{"none", "it does not ask", 429, "", date, -1},
		{"a wrong address", "what is transient may say when", 404, "60", "", time.Minute},
		{"refused", "no time makes it better", 400, "3", "", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{}
			h.Set("Retry-After", tt.value)
			h.Set("Date", tt.date)
			after, ok := sink.RetryDelay((&httpsink.Answer{Status: tt.status, Header: h}).Err())
			if !ok {
				after = -1
			}
			if after != tt.after {
				t.Errorf("asked to wait %v, want %v: %s", after, tt.after, tt.reason)
			}
		})
	}
}

// raw answers with the text as it is.
func raw(w http.ResponseWriter, text string) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestHostileAnswers: an answer may be anything, and costs neither memory nor time nor a secret.
func TestHostileAnswers(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.CopyN(z, zeros{}, 32<<20)
	_ = z.Close()
	tests := []struct {
		name, reason string
		answer       func(w http.ResponseWriter, r *http.Request)
		text         int    // bytes of it, -1 for nil
		want         string // of the error; "" is an answer
	}{
		{"a text", "it is read", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "taken") }, 5, ""},
		{"no text", "it is read", func(http.ResponseWriter, *http.Request) {}, 0, ""},
		{"as much as may be", "it is read", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeros{}, httpsink.MaxAnswer)
		}, httpsink.MaxAnswer, ""},
		{"one byte more", "half a message is none", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.CopyN(w, zeros{}, httpsink.MaxAnswer+1)
		}, -1, ""},
		{"a gzip bomb", "nobody unpacks it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, min(bomb.Len(), httpsink.MaxAnswer+1), ""},
		{"a body without end", "64 KiB of it are read", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, zeros{}) // ends when the client hangs up
		}, -1, ""},
		{"a body that drips", "it is listened to for two seconds", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, -1, ""},
		{"a body that breaks off", "half a message is none", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "s3cr3t")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, -1, ""},
		{"headers without end", "64 KiB of them are read", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 10_000 {
				w.Header().Set("X-S3cr3t-"+strconv.Itoa(i), "s3cr3t")
			}
		}, 0, "no answer that is HTTP"},
		{"not HTTP", "it is not repeated", func(w http.ResponseWriter, _ *http.Request) { raw(w, "s3cr3t\r\n\r\n") }, 0, "no answer that is HTTP"},
		{"the end in the middle of the head", "what arrived is not known", func(w http.ResponseWriter, _ *http.Request) {
			raw(w, "HTTP/1.1 200 OK\r\nX: y")
		}, 0, "the connection was closed"},
		{"the end at once", "what arrived is not known", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "the connection was closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				tt.answer(w, r)
			})
			answer, err := do(t, newClient(t), url+"/s3cr3t?key=s3cr3t", time.Minute)
			switch {
			case tt.want != "":
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") || len(err.Error()) > 500 {
					t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
				}
			case err != nil || answer.Status != http.StatusOK || answer.Err() != nil:
				t.Errorf("%v, %+v: %s", err, answer, tt.reason)
			case tt.text < 0 && answer.Text != nil || tt.text >= 0 && (answer.Text == nil || len(answer.Text) != tt.text):
				t.Errorf("the text has %d bytes (nil: %v), want %d: %s", len(answer.Text), answer.Text == nil, tt.text, tt.reason)
			}
		})
	}
}

// do sends a request with nothing in it.
func do(t *testing.T, client *http.Client, url string, timeout time.Duration, known ...error) (*httpsink.Answer, error) {
	t.Helper()
	var bodies httpsink.Bodies
	body := bodies.Get()
	defer body.Done()
	req, err := body.Request(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return httpsink.Do(client, req, timeout, known...)
}

var errKnown = errors.New("a transport's own")

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, errKnown }

// TestNoAnswer: why there was none, without the URL.
func TestNoAnswer(t *testing.T) {
	hangs := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	nameless := newClient(t)
	nameless.Transport.(*http.Transport).DialContext = (&net.Dialer{Resolver: &net.Resolver{
		PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errKnown },
	}}).DialContext
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tests := []struct {
		name, reason string
		client       *http.Client
		url          string
		timeout      time.Duration
		known        []error
		want         string
	}{
		{"too late", "the bound is said", newClient(t), hangs, 20 * time.Millisecond, nil, "no answer in time: 20ms"},
		{"nobody there", "the system's words", newClient(t), closed.URL, time.Minute, nil, "the connection: connection refused"},
		{"no such name", "the resolver's words, without the name", nameless, "http://s3cr3t.invalid", time.Minute, nil, "looking its name up: "},
		{"a certificate of its own", "why it is not to be trusted", newClient(t), secure.URL, time.Minute, nil, "certificate signed by unknown authority"},
		{"a fault that is known", "it is told", &http.Client{Transport: broken{}}, "http://s3cr3t", time.Minute, []error{errKnown}, errKnown.Error()},
		{"a fault that is not", "nobody knows what is in it", &http.Client{Transport: broken{}}, "http://s3cr3t", time.Minute, nil, "no answer that is HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := do(t, tt.client, tt.url+"/s3cr3t", tt.timeout, tt.known...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") || sink.IsPermanent(err) {
				t.Errorf("%v, want %q: %s", err, tt.want, tt.reason)
			}
		})
	}
	var unknown x509.UnknownAuthorityError
	if _, err := do(t, newClient(t), secure.URL, time.Minute); !errors.As(err, &unknown) {
		t.Errorf("%v, want the authority's error to be found", err)
	}
}

// TestCancelled: whoever gives up finds their own reason.
func TestCancelled(t *testing.T) {
	reached := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(reached)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-reached; cancel(errKnown) }()
	req, err := new(httpsink.Bodies).Get().Request(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := httpsink.Do(newClient(t), req, time.Minute); !errors.Is(err, errKnown) {
		t.Errorf("%v, want the context's cause", err)
	}
}
