package gogen_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/gogen"
	"cairncx.dev/cairn/cx/blueprint/gogen/testdata/shop"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/sample"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var update = flag.Bool("update", false, "write the files in testdata")

const golden = "testdata/shop/shop.go"

// TestGolden: the file in testdata, which the other tests compile, is what Generate writes.
func TestGolden(t *testing.T) {
	t.Parallel()
	got, err := gogen.Generate(sample.Shop(), gogen.WithPackage("shop"), gogen.WithSource("shop.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the code differs from %s; run go test -update and look at the difference:\n%s", golden, got)
	}
}

// TestSame: what is compiled in testdata means the same as the blueprint.
func TestSame(t *testing.T) {
	t.Parallel()
	b := sample.Shop()
	want, got := b.Definitions(), shop.Definitions()
	if len(got) != len(want) {
		t.Fatalf("there are %d definitions, want %d", len(got), len(want))
	}
	for i := range want {
		if !equal(got[i], want[i]) {
			t.Errorf("%s differs from the blueprint's", want[i].Name())
		}
	}
	if got, want := asJSON(t, shop.Objectives()), asJSON(t, b.AllObjectives()); got != want {
		t.Errorf("the objectives are\n%s\nwant\n%s", got, want)
	}
	if got, want := asJSON(t, []any{shop.Queues(), shop.Intents(), shop.RootCauses()}), asJSON(t, []any{b.AllQueues(), b.Intents, b.RootCauses}); got != want {
		t.Errorf("the queues, intents and causes are\n%s\nwant\n%s", got, want)
	}
	for i, o := range b.AllObjectives() {
		for k, m := range o.Maintenance {
			if !shop.Objectives()[i].Maintenance[k].Equal(m) {
				t.Errorf("%s: the maintenance %q differs from the blueprint's", o.Name, m.Name)
			}
		}
	}
	maintained := 0
	for want := range b.Journey("checkout").Promises() {
		for got := range shop.JourneyCheckout.Promises() {
			if got.Name != want.Name {
				continue
			}
			maintained += len(got.Maintenance)
			if !slices.EqualFunc(got.Maintenance, want.Maintenance, calendar.Maintenance.Equal) {
				t.Errorf("the promise %s has the maintenance %v, want %v", got.Name, got.Maintenance, want.Maintenance)
			}
		}
	}
	if maintained == 0 {
		t.Error("no promise has a maintenance, so the test proves nothing")
	}
	if h, _ := b.Calendar("night-desk"); !h.Equal(shop.HoursNightDesk) {
		t.Error("the hours of the night desk differ from the blueprint's")
	}
}

func equal(a, b event.Definition) bool {
	switch a := a.(type) {
	case *journey.Definition:
		o, ok := b.(*journey.Definition)
		return ok && a.Equal(o)
	case *touchpoint.Definition:
		o, ok := b.(*touchpoint.Definition)
		return ok && a.Equal(o)
	case *feedback.Action:
		o, ok := b.(*feedback.Action)
		return ok && a.Equal(o)
	case *feedback.FollowUp:
		o, ok := b.(*feedback.FollowUp)
		return ok && a.Equal(o)
	case *feedback.Survey:
		o, ok := b.(*feedback.Survey)
		return ok && a.Equal(o)
	case *touchpoint.ContactPolicy:
		o, ok := b.(*touchpoint.ContactPolicy)
		return ok && a.Equal(o)
	default:
		return false
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// mainFile prints what the generated package has.
const mainFile = `package main

import (
	"encoding/json"
	"os"

	"cairncx.dev/cairn/cx/blueprint"
	"user/made"
)

func main() {
	b, err := blueprint.From(made.Definitions()...)
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode([]any{b, made.Objectives()})
}
`

// TestHostile: code of a blueprint whose texts try to be code passes go vet, and means what the blueprint says.
func TestHostile(t *testing.T) {
	t.Parallel()
	b := sample.Hostile()
	source, err := gogen.Generate(b, gogen.WithPackage("made"), gogen.WithSource("evil\n*/ func init() {}.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if bad := strings.IndexFunc(string(source), func(r rune) bool { return r == '\ufeff' || r == '\u202e' || r == '\r' }); bad >= 0 {
		t.Errorf("the code has a character that hides what it says: %q", source[bad:bad+20])
	}
	u := newUser(t, map[string]string{"made/made.go": string(source), "main.go": mainFile})
	u.run(t, "vet", "./made")
	said := u.run(t, "run", ".")
	from, err := blueprint.From(b.Definitions()...)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(asJSON(t, []any{from, b.AllObjectives()})), &want); err != nil {
		t.Fatal(err)
	}
	if asJSON(t, got) != asJSON(t, want) {
		t.Errorf("the package has\n%s\nwant\n%s", asJSON(t, got), asJSON(t, want))
	}
}

// TestUnknownNames: code that names what the blueprint does not have does not compile, and the same code with the right name does.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	const code = `package uses

import (
	"context"

	"cairncx.dev/cairn/cx/blueprint/gogen/testdata/shop"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

func _(ctx context.Context) {
	ctx = shop.JourneyCheckout.Start(ctx, "1", event.Customer{})
	ctx = shop.JourneyCheckout.Enter(ctx, shop.StageCheckoutPayment)
	shop.JourneyCheckout.Keep(ctx, shop.PromiseCheckoutRefunded)
	shop.TouchpointSubmitPayment.Record(ctx, event.Web)
	shop.SurveyPostPurchase.Record(ctx, 4, feedback.Causes(shop.CausePostPurchasePrice))
	_ = shop.ObjectiveBuying
	_ = shop.PurposeMarketing.Ask(ctx, event.Customer{ID: "7"}, event.Email)
	_ = shop.HoldOpenDispute.Open(ctx, event.Customer{ID: "7"}, "case-1")
}
`
	const literal = `package uses

import "cairncx.dev/cairn/cx/blueprint/gogen/testdata/shop"

var _, _, _ = shop.Purpose{"offer"}, shop.Purpose("offer"), shop.Hold{"strike"}
`
	names := []string{
		"PurposeMarketing", "HoldOpenDispute",
		"JourneyCheckout", "StageCheckoutPayment", "PromiseCheckoutRefunded", "TouchpointSubmitPayment", "SurveyPostPurchase", "CausePostPurchasePrice", "ObjectiveBuying",
	}
	wrong := code
	for _, name := range names {
		wrong = strings.ReplaceAll(wrong, "shop."+name, "shop."+name+"s")
	}
	u := newUser(t, map[string]string{"right/uses.go": code, "wrong/uses.go": wrong, "literal/uses.go": literal})
	u.run(t, "vet", "./right")
	_, said, err := u.try(t, "build", "./wrong")
	if err == nil {
		t.Error("code with wrong names compiles")
	}
	for _, name := range names {
		if !strings.Contains(said, "undefined: shop."+name+"s") {
			t.Errorf("go build does not refuse the name %ss:\n%s", name, said)
		}
	}
	_, said, err = u.try(t, "build", "./literal")
	for _, part := range []string{"unexported field name in struct literal of type shop.Purpose", `cannot convert "offer"`, "unexported field name in struct literal of type shop.Hold"} {
		if err == nil || !strings.Contains(said, part) {
			t.Errorf("go build says %q and %v of purposes that code makes, want %q", said, err, part)
		}
	}
}

// TestContact: the methods of purposes and holds ask the policy about what their names say.
func TestContact(t *testing.T) {
	t.Parallel()
	client, err := cx.New(cx.WithStore(new(memory.Store)), cx.WithCustomerKey([]byte("a key of at least 16 bytes")), cx.WithDefinitions(shop.Definitions()...))
	if err != nil {
		t.Fatal(err)
	}
	ctx, who := cx.NewContext(t.Context(), client), event.Customer{ID: "7"}
	defer func() { _ = client.Shutdown(context.Background()) }()
	noon := touchpoint.InZone("Etc/GMT") // some zone in which it is not night: see below
	if h := time.Now().UTC().Hour(); h < 8 || h >= 20 {
		noon = touchpoint.InZone("Etc/GMT+12")
	}
	may := func(want string) {
		t.Helper()
		if _, got := shop.PurposeMarketing.May(ctx, who, event.Email, noon); got != want {
			t.Errorf("May says %q, want %q", got, want)
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	may(event.RuleConsent)
	check(shop.PurposeMarketing.Consent(ctx, who, touchpoint.Permit{Purpose: "survey"})) // of which it takes no notice
	may(event.RuleGranted)
	check(shop.HoldComplaint.Open(ctx, who, "case-1"))
	may(event.RuleHold)
	check(shop.HoldComplaint.Close(ctx, who, "case-1"))
	may(event.RuleGranted)
	if g := shop.PurposeMarketing.Ask(ctx, who, event.Email, noon); g.Reason() != event.RuleGranted {
		t.Errorf("Ask says %q", g.Reason())
	}
	check(shop.PurposeMarketing.Withdraw(ctx, who, touchpoint.Permit{}))
	may(event.RuleConsent)
	if _, got := shop.PurposeSurvey.May(ctx, who, event.Post); got != event.RuleUndeclared {
		t.Errorf("May says %q of a survey by post, want %q", got, event.RuleUndeclared)
	}
	if _, got := (shop.Purpose{}).May(ctx, who, event.Email); got != event.RuleUndeclared || shop.PurposeSurvey.String() != "survey" || shop.HoldComplaint.String() != "complaint" {
		t.Errorf("May says %q of no purpose, want %q", got, event.RuleUndeclared)
	}
}

// user is the module of a service that uses the code.
type user struct{ dir string }

// newUser makes a module with these files.
func newUser(t *testing.T, files map[string]string) user {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	u := user{t.TempDir()}
	files = maps.Clone(files)
	files["go.sum"] = string(sums)
	files["go.mod"] = "module user\n\ngo 1.26.0\n\nrequire cairncx.dev/cairn v0.0.0\n\nreplace cairncx.dev/cairn => " + root + "\n"
	for name, text := range files {
		path := filepath.Join(u.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// try runs the go command in the module and returns its output.
func (u user) try(t *testing.T, command, pattern string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", command, pattern)
	cmd.Dir, cmd.Env = u.dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -buildvcs=false -gcflags=-e") // every error
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}

// run is try, and fails the test where the command fails.
func (u user) run(t *testing.T, command, pattern string) string {
	t.Helper()
	out, said, err := u.try(t, command, pattern)
	if err != nil {
		t.Fatalf("go %s %s: %v\n%s", command, pattern, err, said)
	}
	return out
}

// TestDeterministic: the result is formatted and the same for each call.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	for _, blueprintOf := range []func() *blueprint.Blueprint{sample.Shop, sample.Hostile} {
		first, err := gogen.Generate(blueprintOf())
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if again, _ := gogen.Generate(blueprintOf()); !bytes.Equal(first, again) {
				t.Fatal("a second call gives other code")
			}
		}
		if formatted, err := format.Source(first); err != nil || !bytes.Equal(first, formatted) {
			t.Errorf("the code is not in the form of gofmt: %v", err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	stages := func(names ...string) *blueprint.Blueprint {
		b := &blueprint.Blueprint{Version: blueprint.Version, Journeys: []blueprint.Journey{{Name: "checkout"}}}
		for _, name := range names {
			b.Journeys[0].Stages = append(b.Journeys[0].Stages, blueprint.Stage{Name: name})
		}
		return b
	}
	for _, c := range []struct {
		name      string
		blueprint *blueprint.Blueprint
		option    gogen.Option
		want      []string // parts of the error
	}{
		{"no blueprint", nil, nil, []string{"the blueprint is nil"}},
		{"an invalid blueprint", stages("a", "a"), nil, []string{"is not valid", "journeys[0].stages[1].name"}},
		{"two names that are one in Go", stages("pay-now", "pay now", "x", "pay_now"), nil, []string{
			`the stage "pay-now" of the journey "checkout" and the stage "pay now" of the journey "checkout" both have the name StageCheckoutPayNow in Go`, `"pay_now"`,
		}},
		{"two journeys' stages", &blueprint.Blueprint{Version: blueprint.Version, Journeys: []blueprint.Journey{
			{Name: "a", Stages: []blueprint.Stage{{Name: "b c"}}}, {Name: "a b", Stages: []blueprint.Stage{{Name: "c"}}},
		}}, nil, []string{`the stage "b c" of the journey "a" and the stage "c" of the journey "a b"`}},
		{"a package with a dash", stages("a"), gogen.WithPackage("a-b"), []string{`"a-b" is no name of a package`}},
		{"a keyword", stages("a"), gogen.WithPackage("func"), []string{`"func" is no name of a package`}},
		{"main", stages("a"), gogen.WithPackage("main"), []string{`"main" is no name of a package`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, err := gogen.Generate(c.blueprint, c.option)
			if err == nil || code != nil {
				t.Fatalf("there is no error, and the code\n%s", code)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error is %q, want %q in it", err, part)
				}
			}
		})
	}
}

// TestStable: a thing that is added renames no other one.
func TestStable(t *testing.T) {
	t.Parallel()
	b := sample.Shop()
	b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: "checkout"}, blueprint.Touchpoint{Name: "return"})
	b.Surveys = append(b.Surveys, blueprint.Survey{Name: "checkout", Scale: "ces"})
	code, err := gogen.Generate(b)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(before)) {
		if strings.HasPrefix(line, "var ") && !strings.Contains(string(code), line) {
			t.Errorf("the line %q is gone", line)
		}
	}
}
