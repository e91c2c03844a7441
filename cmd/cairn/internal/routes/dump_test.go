package routes_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cairncx.dev/cairn/cmd/cairn/internal/routes"
)

func TestDump(t *testing.T) {
	if os.Getenv("DUMP") == "" {
		t.Skip()
	}
	f, err := routes.Find(t.Context(), routes.Config{Dir: os.Getenv("DUMP")}, strings.Fields(os.Getenv("PAT"))...)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(f.Module, f.Packages, f.Mains)
	for _, r := range f.Routers {
		fmt.Println("ROUTER", r.Framework, r.Place, r.Name, "given:", r.Given, r.Default, "served", r.Served, "wrapped", r.Wrapped)
		for _, x := range r.Routes {
			fmt.Printf("   %-8s %-40q %v h=%s files=%v open=%v to=%v connect=%v\n", x.Method, x.Pattern, x.Place, x.Handler, x.Files, x.Open, x.To != nil, x.Connect)
		}
	}
	for _, s := range f.Services {
		fmt.Printf("SERVICE %+v\n", *s)
	}
	for _, g := range f.Gaps {
		fmt.Println("GAP", g.Place, g.Text)
	}
}
