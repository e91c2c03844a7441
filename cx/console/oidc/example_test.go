package oidc_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/console/oidc"
	"cairncx.dev/cairn/cx/insight"
)

// staffConsole is the console of a shop. Its employees sign in at the company's provider.
func staffConsole(ctx context.Context, table *insight.Table, issuer string) (http.Handler, error) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("CONSOLE_KEY")) // openssl rand -base64 32
	if err != nil {
		return nil, err
	}
	signIn, err := oidc.New(ctx, oidc.Config{
		Issuer:       issuer, // such as https://accounts.example.com
		ClientID:     "console",
		ClientSecret: os.Getenv("CONSOLE_CLIENT_SECRET"),
		RedirectURL:  "https://cx.example.com/cx/sign-in/callback",
		Keys:         [][]byte{key},
		Scopes:       []string{"profile", "email", "groups"},
		KeepGroups:   []string{"staff", "support-leads"},
		Viewer: oidc.Groups(map[string]insight.Viewer{
			"staff":         {Rights: insight.Numbers},
			"support-leads": {Rights: insight.Numbers | insight.Words | insight.Customers | insight.Act},
		}),
	})
	if err != nil {
		return nil, err
	}
	return console.New(table, console.WithPath("/cx/"), console.WithViewer(signIn.Viewer), console.WithSignIn(signIn))
}

// A reader without a session who opens a page is sent to sign in, and comes back to the page. The provider does not have to answer for that.
func ExampleNew() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the example has no provider
	if err := os.Setenv("CONSOLE_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="); err != nil {
		panic(err)
	}
	table, err := insight.New(nil)
	if err != nil {
		panic(err)
	}
	handler, err := staffConsole(context.Background(), table, "http://127.0.0.1:1")
	if err != nil {
		panic(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "https://cx.example.com/cx/voice", nil))
	fmt.Println(answer.Code, answer.Header().Get("Location"))
	// Output: 303 /cx/sign-in?to=%2Fcx%2Fvoice
}

// Two groups of one person add up where a single viewer can have both.
func ExampleGroups() {
	viewer := oidc.Groups(map[string]insight.Viewer{
		"staff":         {Rights: insight.Numbers},
		"support-leads": {Rights: insight.Numbers | insight.Words | insight.Customers},
		"shop":          {Rights: insight.Numbers | insight.Words, Journeys: []string{"order"}},
	})
	v, err := viewer(oidc.Claims{Subject: "0a1b", Groups: []string{"staff", "support-leads"}})
	fmt.Println(v.Rights, err)
	_, err = viewer(oidc.Claims{Subject: "2c3d", Groups: []string{"staff", "shop"}})
	fmt.Println(err)
	// Output:
	// numbers, words, customers <nil>
	// oidc: the groups give no viewer: the groups ["shop" "staff"] have different rights in different scopes: give the reader one of them, or write a function for Config.Viewer
}
