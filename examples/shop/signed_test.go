package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// whsec makes a secret of 32 bytes as the Standard Webhooks specification writes it.
func whsec(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// signature is what the specification, "Signature scheme", says that a request has to have: it is not
// made by the library that the exporter uses.
func signature(secret byte, h http.Header, body []byte) string {
	mac := hmac.New(sha256.New, bytes.Repeat([]byte{secret}, 32))
	mac.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + ".")) // it never fails
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signed is a receiver that notes whom each request is signed for.
type signed struct {
	*httptest.Server

	mu       sync.Mutex
	requests int
	wrong    []string // signatures that are not of the secrets
	secrets  []byte
}

// ServeHTTP implements [http.Handler].
func (s *signed) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	body, _ := io.ReadAll(r.Body) // of a short one the signature is wrong
	want := make([]string, 0, len(s.secrets))
	for _, b := range s.secrets {
		want = append(want, signature(b, r.Header, body))
	}
	if got := strings.Fields(r.Header.Get("Webhook-Signature")); !slices.Equal(got, want) {
		s.wrong = append(s.wrong, strings.Join(got, " "))
	}
}

// What goes to a webhook is signed with the secrets of the environment.
func TestWebhookSecret(t *testing.T) {
	for _, c := range []struct {
		name, env, reason string
		secrets           []byte
	}{
		{"none", "", "nothing is signed", nil},
		{"one", whsec(1), "a receiver knows it", []byte{1}},
		{"two", " " + whsec(2) + "\t" + whsec(1) + "\n", "one takes the other's place, and spaces are from a file", []byte{2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &signed{secrets: c.secrets}
			s.Server = httptest.NewServer(s)
			defer s.Close()
			var out, log bytes.Buffer
			err := run(t.Context(), []string{"-traffic", "3", "-export", "webhook:" + s.URL}, environment("WEBHOOK_SECRET", c.env), &out, &log)
			if err != nil {
				t.Fatalf("%v\n%s", err, &log)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.requests == 0 || len(s.wrong) > 0 {
				t.Errorf("of %d requests these are signed otherwise: %q: %s", s.requests, s.wrong, c.reason)
			}
		})
	}
}

// environment has one variable.
func environment(name, value string) func(string) string {
	return func(k string) string {
		if k == name {
			return value
		}
		return ""
	}
}

// A secret that cannot be used is named, and not told.
func TestBadWebhookSecret(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, c := range []struct{ name, env, want, tells, reason string }{
		{"not in its form", "t0ken", `does not begin with "whsec_"`, "t0ken", "a password is none"},
		{"not base64", "whsec_t0ken!", "is not base64", "t0ken", "a slip"},
		{"too short", "whsec_" + short, "it has to have 24 to 64", short, "easily guessed"},
		{"the second of two", whsec(1) + " t0ken", "secret 2 of 2", "t0ken", "which one is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), []string{"-traffic", "1", "-export", "webhook:http://127.0.0.1:1/"}, environment("WEBHOOK_SECRET", c.env), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "look at WEBHOOK_SECRET") {
				t.Fatalf("error %v, want %q in it: %s", err, c.want, c.reason)
			}
			if strings.Contains(err.Error(), c.tells) {
				t.Errorf("it tells the secret: %v", err)
			}
		})
	}
	if err := run(t.Context(), []string{"-traffic", "1", "-export", "stdout"}, environment("WEBHOOK_SECRET", "t0ken"), io.Discard, io.Discard); err != nil {
		t.Errorf("it is of no concern to other sinks: %v", err)
	}
}

// -help names every variable of the environment that the command reads.
func TestHelp(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-help"}, noEnv, &help); err == nil {
		t.Error("-help is no run")
	}
	asked := map[string]bool{}
	if _, err := parse(nil, func(k string) string { asked[k] = true; return "" }, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(asked) == 0 {
		t.Error("it reads no environment")
	}
	for name := range asked {
		if !strings.Contains(help.String(), "\n  "+name+" ") {
			t.Errorf("-help does not name %s", name)
		}
	}
}
