package pages_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/pages"
	"cairncx.dev/cairn/internal/sample"
)

var update = flag.Bool("update", false, "write the files in testdata")

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		blueprint *blueprint.Blueprint
	}{{"shop", sample.Shop()}, {"hostile", sample.Hostile()}} {
		list, err := pages.Generate(c.blueprint, pages.WithSource(c.name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			golden := filepath.Join("testdata", c.name, filepath.FromSlash(p.Name))
			switch {
			case c.name != "hostile":
			case p.Name == pages.Contact:
				golden = "testdata/hostilecontact.golden" // no page of this repository
			case p.Journey == `a"b`+"`"+`c\d`: // all of them have the same texts
				golden = "testdata/hostile.golden"
			default:
				continue
			}
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o750); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, p.Text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Text, want) {
				t.Errorf("%s differs from %s; run go test -update and look at the difference:\n%s", p.Name, golden, p.Text)
			}
		}
	}
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	first, err := pages.Generate(sample.Shop())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, _ := pages.Generate(sample.Shop())
		for i := range first {
			if !bytes.Equal(first[i].Text, again[i].Text) || first[i].Name != again[i].Name {
				t.Fatalf("a second call gives another %s", first[i].Name)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	journeys := func(names ...string) *blueprint.Blueprint {
		b := &blueprint.Blueprint{Version: blueprint.Version}
		for _, name := range names {
			b.Journeys = append(b.Journeys, blueprint.Journey{Name: name})
		}
		return b
	}
	for _, c := range []struct {
		name      string
		blueprint *blueprint.Blueprint
		want      string
	}{
		{"no blueprint", nil, "the blueprint is nil"},
		{"an invalid blueprint", journeys("a", "a"), "journeys[1].name"},
		{"names that a disk may take for one", journeys("Checkout", "checkout"), `the journeys "Checkout" and "checkout" need files of one name`},
	} {
		if list, err := pages.Generate(c.blueprint); err == nil || !strings.Contains(err.Error(), c.want) || list != nil {
			t.Errorf("%s: there are %d pages and the error %v, want %q", c.name, len(list), err, c.want)
		}
	}
}

// TestFileName: a journey's name leaves no folder, whatever it is.
func TestFileName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"checkout": "checkout.md", "../../etc/passwd": "%2E.%2F..%2Fetc%2Fpasswd.md", ".hidden": "%2Ehidden.md", "v1.2": "v1.2.md", "a b": "a%20b.md", `c:\d`: "c%3A%5Cd.md", "*": "%2A.md", "支": "%E6%94%AF.md", "100%": "100%25.md",
	} {
		if got := pages.FileName(name); got != want {
			t.Errorf("the file of %q is %q, want %q", name, got, want)
		}
	}
}

func ExampleGenerate() {
	b := &blueprint.Blueprint{
		Version:  blueprint.Version,
		Journeys: []blueprint.Journey{{Name: "claim", Description: "From the report to the decision", Stages: []blueprint.Stage{{Name: "received"}, {Name: "decided"}}}},
	}
	list, err := pages.Generate(b, pages.WithSource("claims.yaml"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(list[1].Name, "\n\n", string(list[1].Text))
	// Output:
	// journeys/claim.md
	//
	// # claim
	//
	// From the report to the decision.
	//
	// ## Who it is for
	//
	// Each customer who begins this journey, by web. Probes do not count.
	// A customer who leaves is not noticed: the journey has no time after which it counts as abandoned.
	//
	// ## Stages
	//
	// Customers may skip stages and come back to them.
	//
	// | Stage |
	// | --- |
	// | received |
	// | decided |
	//
	// [All journeys and objectives](../journeys.md)
	//
	// ---
	//
	// Made by cairn generate pages from the blueprint claims.yaml. Change the blueprint and generate again.
}

// TestLog: a touchpoint with another name in the log has that name on its page, in words.
func TestLog(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{
		Version: blueprint.Version, Journeys: []blueprint.Journey{{Name: "ticket"}},
		Touchpoints: []blueprint.Touchpoint{{Name: "closed", Journey: "ticket"}, {Name: "opened", Journey: "ticket"}},
		Log:         &blueprint.Log{Activities: map[string]blueprint.Activity{"Resolve *all*": {"closed"}, "Close": {"closed"}, "Sort": nil}},
	}
	list, err := pages.Generate(b)
	if err != nil {
		t.Fatal(err)
	}
	const want = "| Touchpoint | In a log |\n| --- | --- |\n| closed | Close and Resolve \\*all\\* |\n| opened |  |\n"
	if !slices.ContainsFunc(list, func(p pages.Page) bool { return bytes.Contains(p.Text, []byte(want)) }) {
		t.Errorf("no page has %q: %s", want, list)
	}
}
