package console_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	provider "github.com/zitadel/oidc/v3/pkg/oidc"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// users are the provider's.
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
type grouped struct{ *storage.Storage }

func (g grouped) SetUserinfoFromToken(ctx context.Context, info *provider.UserInfo, tokenID, subject, origin string) error {
	if err := g.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	info.AppendClaims("groups", []string{map[string]string{"id-ada": "support", "id-eve": "elsewhere"}[info.Subject]})
	return nil
}

// zitadel serves a provider of OpenID Connect with two users and one client at the redirect URL.
func zitadel(t *testing.T, redirect string) (issuer string) {
	t.Helper()
	before := slog.Default()
	slog.SetDefault(quiet) // its example writes there
	t.Cleanup(func() { slog.SetDefault(before) })
	people := users{
		"id-ada": {ID: "id-ada", Username: "ada", Password: "right", FirstName: "Ada", LastName: "A", Email: "ada@example.com", EmailVerified: true},
		"id-eve": {ID: "id-eve", Username: "eve", Password: "right", FirstName: "Eve", LastName: "E", Email: "eve@example.com", EmailVerified: true},
	}
	server := httptest.NewUnstartedServer(nil)
	issuer = "http://" + server.Listener.Addr().String()
	client := storage.WebClient("console", "secret of the client", redirect)
	server.Config.Handler = exampleop.SetupServer(issuer, grouped{storage.NewStorageWithClients(people, map[string]*storage.Client{"console": client})}, nil, false)
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// signIn serves a console whose readers sign in at the provider.
func (h *house) signIn() {
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String() + "/cx/"
	with, err := oidc.New(h.t.Context(), oidc.Config{
		Issuer: zitadel(h.t, address+"sign-in/callback"), ClientID: "console", ClientSecret: "secret of the client", RedirectURL: address + "sign-in/callback",
		Keys: [][]byte{[]byte(strings.Repeat("k", 32))}, Log: quiet, Viewer: oidc.Groups(map[string]insight.Viewer{"support": {Rights: insight.Everything().Rights}}),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := console.New(newTable(h.t, desk(plain), days(2, plain)), console.WithPath("/cx/"), console.WithLogger(quiet), console.WithViewer(with.Viewer), console.WithSignIn(with))
	if err != nil {
		h.t.Fatal(err)
	}
	server.Config.Handler = c
	server.Start()
	h.t.Cleanup(server.Close)
	h.t.Cleanup(c.Close)
	h.t.Cleanup(c.Close)
	h.worlds["signin"] = address
}
