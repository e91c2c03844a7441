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

// whsec makes a secret of 32 bytes in the form of the Standard Webhooks specification.
func whsec(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

// signature computes a request's signature after the section "Signature scheme" of the specification, without the
// library that the exporter uses.
func signature(secret byte, h http.Header, body []byte) string {
	mac := hmac.New(sha256.New, bytes.Repeat([]byte{secret}, 32))
	mac.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + ".")) // a hash's Write never fails
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signed is a receiver that notes which secret signed each request.
type signed struct {
	*httptest.Server

	mu       sync.Mutex
	requests int
	wrong    []string // signatures by none of the secrets
	secrets  []byte
}

// ServeHTTP implements [http.Handler].
func (s *signed) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	body, _ := io.ReadAll(r.Body) // a truncated body fails the check of the signature
	want := make([]string, 0, len(s.secrets))
	for _, b := range s.secrets {
		want = append(want, signature(b, r.Header, body))
	}
	if got := strings.Fields(r.Header.Get("Webhook-Signature")); !slices.Equal(got, want) {
		s.wrong = append(s.wrong, strings.Join(got, " "))
	}
}

// The secrets of the environment sign the requests to a webhook.
func TestWebhookSecret(t *testing.T) {
	for _, c := range []struct {
		name, env, reason string
		secrets           []byte
	}{
		{"none", "", "the requests are unsigned", nil},
		{"one", whsec(1), "a receiver knows the secret", []byte{1}},
		{"two", " " + whsec(2) + "\t" + whsec(1) + "\n", "a change of secrets gives both, and the spaces come from a file", []byte{2, 1}},
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
				t.Errorf("out of %d requests, these signatures are wrong: %q: %s", s.requests, s.wrong, c.reason)
			}
		})
	}
}

// environment returns a getenv with one variable.
func environment(name, value string) func(string) string {
	return func(k string) string {
		if k == name {
			return value
		}
		return ""
	}
}

// The error names a secret that cannot be used, and does not repeat it.
func TestBadWebhookSecret(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, c := range []struct{ name, env, want, tells, reason string }{
		{"not in its form", "t0ken", `does not begin with "whsec_"`, "t0ken", "a password is no secret of this form"},
		{"not base64", "whsec_t0ken!", "is not base64", "t0ken", "the secret has a typing error"},
		{"too short", "whsec_" + short, "it has to have 24 to 64", short, "a short secret is easy to guess"},
		{"the second of two", whsec(1) + " t0ken", "secret 2 of 2", "t0ken", "the error says which secret is wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), []string{"-traffic", "1", "-export", "webhook:http://127.0.0.1:1/"}, environment("WEBHOOK_SECRET", c.env), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "correct WEBHOOK_SECRET") {
				t.Fatalf("the error is %v, want %q in it: %s", err, c.want, c.reason)
			}
			if strings.Contains(err.Error(), c.tells) {
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
	if err := run(t.Context(), []string{"-traffic", "1", "-export", "stdout"}, environment("WEBHOOK_SECRET", "t0ken"), io.Discard, io.Discard); err != nil {
		t.Errorf("a sink that is no webhook fails: %v", err)
	}
}

// -help names every environment variable that the command reads.
func TestHelp(t *testing.T) {
	var help bytes.Buffer
	if _, err := parse([]string{"-help"}, noEnv, &help); err == nil {
		t.Error("run with -help returned no error")
	}
	asked := map[string]bool{}
	if _, err := parse(nil, func(k string) string { asked[k] = true; return "" }, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(asked) == 0 {
		t.Error("the command read no environment variable")
	}
	for name := range asked {
		if !strings.Contains(help.String(), "\n  "+name+" ") {
			t.Errorf("-help does not name %s", name)
		}
	}
}
