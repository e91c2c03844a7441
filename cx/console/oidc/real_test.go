package oidc_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	provider "github.com/zitadel/oidc/v3/pkg/oidc"

	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// users are the provider's, with what it knows of them.
type users map[string]*storage.User

func (u users) GetUserByID(id string) *storage.User { return u[id] }
func (u users) ExampleClientID() string             { return storage.ServiceUserID }
func (u users) GetUserByUsername(name string) *storage.User {
	for _, user := range u {
		if user.Username == name {
			return user
		}
	}
	return nil
}

// grouped gives the groups of users by UserInfo, as most providers do.
type grouped struct {
	*storage.Storage
	groups map[string][]string
}

func (g grouped) SetUserinfoFromToken(ctx context.Context, info *provider.UserInfo, tokenID, subject, origin string) error {
	if err := g.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	info.AppendClaims("groups", g.groups[info.Subject])
	return nil
}

// zitadel serves a real provider, zitadel/oidc, with three users and one client at the redirect URL.
func zitadel(t *testing.T, redirect string) (issuer string) {
	t.Helper()
	quiet := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // its example writes there
	t.Cleanup(func() { slog.SetDefault(quiet) })
	people := users{
		"id-ada": {ID: "id-ada", Username: "ada", Password: "right", FirstName: "Ada", LastName: "A", Email: "ada@example.com", EmailVerified: true},
		"id-bob": {ID: "id-bob", Username: "bob", Password: "right", FirstName: "<b>Bob</b>", LastName: "B", Email: "boss@example.com"},
		"id-eve": {ID: "id-eve", Username: "eve", Password: "right", FirstName: "Eve", LastName: "E", Email: "eve@example.com", EmailVerified: true},
	}
	client := storage.WebClient("console", "secret of the client", redirect)
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	store := grouped{
		storage.NewStorageWithClients(people, map[string]*storage.Client{"console": client}),
		map[string][]string{"id-ada": {"sre", "support"}, "id-bob": {"sre"}, "id-eve": {"elsewhere"}},
	}
	server.Config.Handler = exampleop.SetupServer(issuer, store, nil, false)
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// realConsole serves a console whose readers sign in at a real provider.
func realConsole(t *testing.T) (address string, viewers *[]insight.Viewer) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address = "http://" + server.Listener.Addr().String() + "/cx/"
	viewers = new([]insight.Viewer)
	signIn, handler := mount(t, oidc.Config{
		Issuer: zitadel(t, address+"sign-in/callback"), ClientID: "console", ClientSecret: "secret of the client", RedirectURL: address + "sign-in/callback",
		Viewer: oidc.Groups(map[string]insight.Viewer{
			"sre": {Rights: insight.Numbers}, "support": {Rights: insight.Numbers | insight.Words | insight.Customers},
		}),
	})
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, err := signIn.Viewer(r); err == nil {
			*viewers = append(*viewers, v)
		}
		handler.ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(server.Close)
	return address, viewers
}

// signIn opens an address of the console as a user of the provider.
func (b *browser) signIn(address, user string) page {
	b.t.Helper()
	form := b.get(address)
	form.has(b.t, http.StatusOK, "password")
	id := hidden.FindStringSubmatch(form.text)
	if id == nil {
		b.t.Fatalf("the provider shows no form:\n%s", form.text)
	}
	return b.post("http://"+form.address.Host+"/login/username", url.Values{"username": {user}, "password": {"right"}, "id": {id[1]}})
}

// TestRealProvider signs readers in and out at a real provider: each request goes over the network, and the provider checks PKCE, the client's secret and the
// redirect URL by itself. It runs alone, because the provider's example logs to the default logger.
func TestRealProvider(t *testing.T) {
	address, viewers := realConsole(t)

	ada := newBrowser(t)
	got := ada.signIn(address+"voice?last=90d", "ada")
	got.has(t, http.StatusOK, "ada@example.com")
	if got.address.String() != address+"voice?last=90d" {
		t.Errorf("after the sign-in the reader is at %s, want where they wanted to go", got.address)
	}
	want := insight.Viewer{Rights: insight.Numbers | insight.Words | insight.Customers, Name: "id-ada", Mail: "ada@example.com"}
	if v := (*viewers)[len(*viewers)-1]; v.Rights != want.Rights || v.Name != want.Name || v.Mail != want.Mail {
		t.Errorf("the viewer is %+v, want %+v", v, want)
	}
	code := ada.callback(address)
	again := ada.get(code)
	if again.address.String() != address {
		t.Errorf("the callback, opened again by a reader who has signed in, leads to %s, want %s", again.address, address)
	}
	stranger := newBrowser(t)
	stranger.get(code).has(t, http.StatusBadRequest, "could not be finished")

	bob := newBrowser(t)
	got = bob.signIn(address, "bob")
	got.has(t, http.StatusOK, "id-bob")
	if strings.Contains(got.text, "boss@example.com") || strings.Contains(got.text, "<b>Bob") {
		t.Error("the page has an address that is not verified, or a name as markup")
	}
	eve := newBrowser(t)
	eve.signIn(address, "eve").has(t, http.StatusForbidden, "You may not see the console.")

	out := ada.post(address+"sign-out", nil)
	out.has(t, http.StatusOK, "You have signed out of the console.")
	ada.get(ada.leaves(out)).has(t, http.StatusOK, "signed out")
	ada.get(address).has(t, http.StatusOK, "password") // the provider asks again
	bob.get(address).has(t, http.StatusOK, "id-bob")
}

// TestRealCodeOnce: an answer of the provider that is replayed with its cookie is refused by the provider, and the reader is told.
func TestRealCodeOnce(t *testing.T) {
	address, _ := realConsole(t)
	b := newBrowser(t)
	form := b.get(address)
	here, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	kept := b.client.Jar.Cookies(here)
	if len(kept) != 1 || !strings.Contains(kept[0].Name, "attempt") {
		t.Fatalf("before the sign-in the browser has the cookies %v, want one of the attempt", kept)
	}
	id := hidden.FindStringSubmatch(form.text)
	b.post("http://"+form.address.Host+"/login/username", url.Values{"username": {"ada"}, "password": {"right"}, "id": {id[1]}}).has(t, http.StatusOK, "ada@example.com")
	thief := newBrowser(t)
	thief.client.Jar.SetCookies(here, kept)
	thief.get(b.callback(address)).has(t, http.StatusBadGateway, "The sign-in failed.")
}

// callback is the address with which the provider sent the browser back.
func (b *browser) callback(address string) string {
	b.t.Helper()
	for _, a := range b.seen {
		if strings.HasPrefix(a, address+"sign-in/callback") {
			return a
		}
	}
	b.t.Fatalf("the browser was not sent back: %q", b.seen)
	return ""
}

// leaves returns where a page lets the browser go by itself.
func (b *browser) leaves(p page) string {
	b.t.Helper()
	_, after, ok := strings.Cut(p.text, `http-equiv="refresh" content="0;url=`)
	to, _, _ := strings.Cut(after, `"`)
	if !ok || to == "" {
		b.t.Fatalf("the page does not lead on:\n%s", p.text)
	}
	return strings.ReplaceAll(strings.ReplaceAll(to, "&amp;", "&"), "&#43;", "+")
}

// TestWithoutSession: a page sends to the sign-in, and anything else says that nobody is known.
func TestWithoutSession(t *testing.T) {
	t.Parallel()
	_, handler := mount(t, oidc.Config{Issuer: "http://127.0.0.1:1", ClientID: "console", RedirectURL: "http://127.0.0.1:2/cx/sign-in/callback"})
	for _, c := range []struct {
		reason, method, path, mode string
		status                     int
		to                         string
	}{
		{"a reader opens a page", "GET", "/cx/voice?last=7d", "navigate", 303, "/cx/sign-in?to=%2Fcx%2Fvoice%3Flast%3D7d"},
		{"a browser without Fetch metadata opens a page", "GET", "/cx/", "", 303, "/cx/sign-in?to=%2Fcx%2F"},
		{"a page that does not exist says no more than one that does", "GET", "/cx/nothing", "navigate", 303, "/cx/sign-in?to=%2Fcx%2Fnothing"},
		{"the script reads a page", "GET", "/cx/", "cors", 401, ""},
		{"the script keeps a page current", "GET", "/cx/live", "cors", 401, ""},
		{"a form is sent", "POST", "/cx/find", "navigate", 401, ""},
	} {
		r := request(c.method, "http://127.0.0.1:2"+c.path)
		if c.mode != "" {
			r.Header.Set("Sec-Fetch-Mode", c.mode)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		answer := ask(handler, r)
		if answer.StatusCode != c.status || answer.Header.Get("Location") != c.to {
			t.Errorf("%s: %d to %q, want %d to %q", c.reason, answer.StatusCode, answer.Header.Get("Location"), c.status, c.to)
		}
	}
	r := request("POST", "http://127.0.0.1:2/cx/sign-out")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if answer := ask(handler, r); answer.StatusCode != http.StatusForbidden {
		t.Errorf("another site can sign a reader out: %d", answer.StatusCode)
	}
}
