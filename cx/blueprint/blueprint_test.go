package blueprint_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

const (
	minute = blueprint.Duration(time.Minute)
	second = blueprint.Duration(time.Second)
)

// shop returns a new blueprint that uses every field.
func shop() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{
				Name: "checkout", Description: "From a filled cart to a confirmed order", Owner: "team-payments",
				Stages:       []blueprint.Stage{{Name: "cart"}, {Name: "payment", Expect: 2 * minute}, {Name: "confirmation"}},
				AbandonAfter: 30 * minute,
				Channels:     []string{"mobile", "web"},
				Promises: []blueprint.Promise{
					{Name: "done", Within: blueprint.Within{Duration: 10 * minute}, Target: 0.999},
					{
						Name: "confirmed", Description: "Every paid order is confirmed",
						From: "payment", Until: "order-confirmed", Within: blueprint.Within{Duration: 24 * 60 * minute}, Hours: "office", Pause: []string{"cart", "confirmation"},
					},
					{Name: "called", From: "call-support", Until: "confirmation", Within: blueprint.Within{Days: 15}, Hours: "always"},
				},
			},
			{Name: "returns"},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "submit-payment", Journey: "checkout", Stage: "payment", Satisfied: second},
			{Name: "order-confirmed", Journey: "checkout", Stage: "confirmation", Ends: "completed", Keeps: []string{"called"}},
			{Name: "call-support", Journey: "checkout"},
			{Name: "home-page"},
			{Name: "survey-mail", Purpose: "survey"},
		},
		Surveys: []blueprint.Survey{
			{Name: "post-purchase", Scale: "csat", Journey: "checkout", Causes: []string{"price", "delivery"}},
			{Name: "recommend", Scale: "nps"},
		},
		Hours: map[string]blueprint.Hours{
			"office": {
				Zone: "Europe/London",
				Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}, "sat": {"10:00-12:00", "13:00-16:00"}},
				Holidays: []blueprint.Holiday{
					{Date: "2026-12-25"}, {Date: "2026-12-28"}, {Date: "2026-12-24", Open: blueprint.Openings{"09:00-12:00"}},
				},
			},
			"always": {Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}},
		},
		Channels: map[string]string{"Internet": "web", "Desk": "in_person"},
		Contact:  contact(),
	}
}

// contact returns a contact policy that uses every field.
func contact() *blueprint.Contact {
	const day = 24 * 60 * minute
	return &blueprint.Contact{
		Name: "rules", Wait: second,
		Purposes: []blueprint.Purpose{
			{
				Name: "survey", Channels: []string{"email", "phone"}, Caps: []blueprint.Cap{{Most: 1, Within: 30 * day}, {Most: 2, Within: 365 * day, Channels: []string{"phone"}}},
				QuietHours: "always", GrantLife: 2 * day,
			},
			{Name: "offer", NeedsConsent: true, StoppedBy: []string{"complaint", "dispute"}},
			{Name: "fraud", GrantedIfUnknown: true},
		},
		Caps: []blueprint.SharedCap{{Most: 3, Within: 30 * day, Purposes: []string{"survey", "offer"}}},
	}
}

// inGo returns the definitions of shop, made in Go.
func inGo() (checkout *journey.Definition, defs []event.Definition) {
	office := calendar.Define("office",
		calendar.Zone("Europe/London"),
		calendar.Open("mon-fri", "09:00-17:30"),
		calendar.Open("sat", "10:00-12:00", "13:00-16:00"),
		calendar.Closed("2026-12-25", "2026-12-28"),
		calendar.OpenOn("2026-12-24", "09:00-12:00"))
	checkout = journey.Define("checkout",
		journey.Promise("done", 10*time.Minute, journey.Target(0.999)),
		journey.Promise("confirmed", 24*time.Hour, journey.Since("payment"), journey.UntilTouchpoint("order-confirmed"),
			journey.Hours(office), journey.Pauses("cart", "confirmation")),
		journey.Promise("called", time.Hour, journey.SinceTouchpoint("call-support"), journey.Until("confirmation"), // the hour does not count
			journey.Hours(calendar.Always()), journey.BusinessDays(15)),
		journey.Stages("cart", "payment", "confirmation"),
		journey.Expect("payment", 2*time.Minute),
		journey.AbandonAfter(30*time.Minute),
		journey.Channels(event.Mobile, event.Web))
	return checkout, []event.Definition{
		checkout,
		journey.Define("returns"),
		touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"), touchpoint.Satisfied(time.Second)),
		touchpoint.Define("order-confirmed", touchpoint.In(checkout, "confirmation"), touchpoint.Ends(event.Completed),
			touchpoint.Keeps(checkout, "called")),
		touchpoint.Define("call-support", touchpoint.In(checkout, "")),
		touchpoint.Define("home-page"),
		touchpoint.Define("survey-mail", touchpoint.For("survey")),
		feedback.Define("post-purchase", feedback.CSAT, feedback.In(checkout, ""), feedback.Choices("price", "delivery")),
		feedback.Define("recommend", feedback.NPS),
		touchpoint.DefineContactPolicy("rules",
			touchpoint.Purpose("survey", touchpoint.OnlyOn(event.Email, event.Phone), touchpoint.Cap(1, 30*24*time.Hour), touchpoint.Cap(2, 365*24*time.Hour, event.Phone),
				touchpoint.QuietHours(calendar.Always()), touchpoint.GrantLife(48*time.Hour)),
			touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.StoppedBy("complaint", "dispute")),
			touchpoint.Purpose("fraud", touchpoint.GrantedIfUnknown()),
			touchpoint.CapTogether(3, 30*24*time.Hour, "survey", "offer"),
			touchpoint.ContactWait(time.Second)),
	}
}

// TestDefinitions: a blueprint gives the same definitions as the equivalent Go code.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	b := shop()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	_, want := inGo()
	if diff := cmp.Diff(want, b.Definitions()); diff != "" { // cmp calls their Equal methods
		t.Errorf("(-Go +blueprint):\n%s", diff)
	}
	for _, d := range want {
		same := false
		switch d := d.(type) {
		case *journey.Definition:
			same = d.Equal(b.Journey(d.Name()))
		case *touchpoint.Definition:
			same = d.Equal(b.Touchpoint(d.Name()))
		case *feedback.Survey:
			same = d.Equal(b.Survey(d.Name()))
		case *touchpoint.ContactPolicy:
			same = d.Equal(b.ContactPolicy())
		}
		if !same {
			t.Errorf("%T %q: the definition by name differs from the one in Go", d, d.Name())
		}
	}
	client, err := cx.New(cx.WithDefinitions(want...), cx.WithDefinitions(b.Definitions()...))
	if err != nil {
		t.Fatalf("a client rejects the pair as different definitions: %v", err)
	}
	if err := client.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestUnknownNames: unknown names give nil definitions, which record nothing.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*blueprint.Blueprint{"nil": nil, "empty": {}, "another name": shop()} {
		if b.Journey("x") != nil || b.Touchpoint("x") != nil || b.Survey("x") != nil || b.Causes("x") != nil {
			t.Errorf("%s: the name x has a definition or causes, want none", name)
		}
	}
	var none *blueprint.Blueprint
	if none.Definitions() != nil || none.Validate() == nil {
		t.Error("a nil blueprint has definitions or is valid, want neither")
	}
	if c, ok := none.Channel("web"); !ok || c != event.Web {
		t.Error("a nil blueprint does not know the channel web")
	}
}

// TestCalendar: a blueprint gives the same hours as the equivalent Go code.
func TestCalendar(t *testing.T) {
	t.Parallel()
	office, ok := shop().Calendar("office")
	if want := calendar.Define("office",
		calendar.Zone("Europe/London"),
		calendar.Open("mon-fri", "09:00-17:30"),
		calendar.Open("sat", "10:00-12:00", "13:00-16:00"),
		calendar.Closed("2026-12-25", "2026-12-28"),
		calendar.OpenOn("2026-12-24", "09:00-12:00"),
	); !ok || !office.Equal(want) {
		t.Errorf("the hours are %v %v %v, %v", office.Zone(), office.Week(), office.Holidays(), ok)
	}
	if always, ok := shop().Calendar("always"); !ok || !always.Equal(calendar.Always()) {
		t.Errorf("the hours are %v %v %v, %v", always.Zone(), always.Week(), always.Holidays(), ok)
	}
	var none *blueprint.Blueprint
	for name, b := range map[string]*blueprint.Blueprint{"nil": none, "empty": {}, "another name": shop()} {
		if h, ok := b.Calendar("x"); h != nil || ok {
			t.Errorf("%s: there are hours of an unknown name", name)
		}
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	b := shop()
	got := b.Causes("post-purchase")
	if !slices.Equal(got, []string{"price", "delivery"}) || b.Causes("recommend") != nil {
		t.Errorf("the causes are %q and %q, want [price delivery] and none", got, b.Causes("recommend"))
	}
	got[0] = "changed"
	if b.Causes("post-purchase")[0] != "price" {
		t.Error("a change to the returned causes changes the blueprint")
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{Version: 1, Channels: map[string]string{
		"Internet": "web", "Desk": "in_person", "Straße": "post", "broken": "nowhere",
	}}
	for _, c := range []struct {
		name, reason, spelling string
		want                   event.Channel
	}{
		{"standard", "a standard channel's own name", "phone", event.Phone},
		{"standard in capitals", "case does not matter", "PHONE", event.Phone},
		{"other", "the exact spelling", "Internet", event.Web},
		{"other in capitals", "case does not matter", "INTERNET", event.Web},
		{"in person", "a name of two words", "desk", event.InPerson},
		{"other letters", "Unicode's simple case folding", "STRASSE", 0}, // ß folds to itself only
		{"other letters as they are", "exact", "Straße", event.Post},
		{"unknown", "the blueprint does not have it", "carrier pigeon", 0},
		{"empty", "an empty spelling stands for no channel", "", 0},
		{"to nowhere", "an invalid blueprint", "broken", 0},
		{"space", "spaces are part of a spelling", " web", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := b.Channel(c.spelling); got != c.want || ok != (c.want != 0) {
				t.Errorf("%q is %v, %v; want %v: %s", c.spelling, got, ok, c.want, c.reason)
			}
		})
	}
}

// TestVocabularies: the names are those of package event, in its order.
func TestVocabularies(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		got  []string
		want string
	}{
		"channels": {blueprint.Channels(), `["web","mobile","email","chat","phone","ivr","social","in_person","kiosk","post","api","other"]`},
		"scales":   {blueprint.Scales(), `["nps","csat","ces","stars","thumbs"]`},
		"endings":  {blueprint.Endings(), `["completed","failed","cancelled"]`},
	} {
		if got, err := json.Marshal(c.got); err != nil || string(got) != c.want {
			t.Errorf("the %s are %s, want %s", what, got, c.want)
		}
	}
}

// TestJSON: the Go value has a JSON form with the same keys as the YAML file.
func TestJSON(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(shop())
	if err != nil {
		t.Fatal(err)
	}
	var got blueprint.Blueprint
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shop(), &got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	checkout, defs := inGo()
	want := shop()
	// Definitions have no texts for readers.
	want.Journeys[0].Description, want.Journeys[0].Owner, want.Journeys[0].Promises[1].Description = "", "", ""
	want.Channels = nil
	got, err := blueprint.From(append(defs, defs...)...) // a repeated definition changes nothing
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(defs, got.Definitions()); diff != "" {
		t.Errorf("the definitions of the blueprint differ from those that it was made from (-given +got):\n%s", diff)
	}
	hour := journey.Promise("x", time.Hour)
	for _, c := range []struct {
		name, reason string
		defs         []event.Definition
		faults       []string // the paths
		want         *blueprint.Blueprint
	}{
		{"nothing", "an empty blueprint is valid", nil, nil, &blueprint.Blueprint{Version: 1}},
		{
			"its journey", "a touchpoint adds its journey",
			[]event.Definition{touchpoint.Define("x", touchpoint.In(journey.Define("j"), ""))},
			nil,
			&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "j"}}, Touchpoints: []blueprint.Touchpoint{{Name: "x", Journey: "j"}}},
		},
		{"nil", "a nil definition has no content", []event.Definition{nil}, []string{"definitions[0]"}, nil},
		{
			"typed nils", "a nil definition has no content",
			[]event.Definition{(*journey.Definition)(nil), (*touchpoint.Definition)(nil), (*feedback.Survey)(nil), (*touchpoint.ContactPolicy)(nil)},
			[]string{"definitions[0]", "definitions[1]", "definitions[2]", "definitions[3]"},
			nil,
		},
		{"another type", "a blueprint has no key for it", []event.Definition{stranger{}}, []string{"definitions[0]"}, nil},
		{
			"one name, two journeys", "the name would be ambiguous",
			[]event.Definition{checkout, journey.Define("checkout")},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"one name, two touchpoints", "the name would be ambiguous",
			[]event.Definition{touchpoint.Define("x"), touchpoint.Define("x", touchpoint.Satisfied(1))},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"one name, two surveys", "the name would be ambiguous",
			[]event.Definition{feedback.Define("x", feedback.NPS), feedback.Define("x", feedback.CES)},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"touchpoint of another journey of the name", "the name would be ambiguous",
			[]event.Definition{checkout, touchpoint.Define("x", touchpoint.In(journey.Define("checkout", journey.Stages("a")), "a"))},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"expectation of no stage", "the blueprint cannot express it",
			[]event.Definition{journey.Define("j", journey.Expect("x", 1))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"an impossible ending", "a touchpoint cannot abandon a journey",
			[]event.Definition{touchpoint.Define("x", touchpoint.In(checkout, ""), touchpoint.Ends(event.Abandoned))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"two hours of one name", "the name would be ambiguous",
			[]event.Definition{
				journey.Define("a", journey.Promise("x", time.Hour, journey.Hours(open("09:00-17:00")))),
				journey.Define("b", journey.Promise("x", time.Hour, journey.Hours(open("09:00-18:00")))),
			},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"the same hours twice", "two promises share them",
			[]event.Definition{journey.Define("a",
				journey.Promise("x", time.Hour, journey.Hours(open("09:00-17:00"))), journey.Promise("y", time.Hour, journey.Hours(open("09:00-17:00"))))},
			nil,
			&blueprint.Blueprint{
				Version: 1,
				Journeys: []blueprint.Journey{{Name: "a", Promises: []blueprint.Promise{
					{Name: "x", Within: blueprint.Within{Duration: 60 * minute}, Hours: "office"}, {Name: "y", Within: blueprint.Within{Duration: 60 * minute}, Hours: "office"},
				}}},
				Hours: map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon": {"09:00-17:00"}}}},
			},
		},
		{
			"a touchpoint with the name of a stage", "the blueprint takes the stage",
			[]event.Definition{journey.Define("a", journey.Stages("s", "u"), journey.Promise("x", time.Hour, journey.SinceTouchpoint("s"), journey.UntilTouchpoint("u")))},
			[]string{"definitions[0]", "definitions[0]"},
			nil,
		},
		{
			"a touchpoint named end", "the blueprint takes the end of the journey",
			[]event.Definition{journey.Define("a", journey.Promise("x", time.Hour, journey.UntilTouchpoint("end"))), touchpoint.Define("end")},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"a touchpoint that is not given", "the blueprint would not have it",
			[]event.Definition{journey.Define("a", journey.Promise("x", time.Hour, journey.SinceTouchpoint("t")))},
			[]string{"journeys[0].promises[0].from"},
			nil,
		},
		{
			"keeps a promise of another journey", "a blueprint cannot express it",
			[]event.Definition{touchpoint.Define("t", touchpoint.In(journey.Define("a", hour), ""), touchpoint.Keeps(journey.Define("b", hour), "x"))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"keeps a promise and is in no journey", "a blueprint cannot express it",
			[]event.Definition{touchpoint.Define("t", touchpoint.Keeps(journey.Define("b", hour), "x"))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"keeps a promise of no journey", "its definition is faulty",
			[]event.Definition{touchpoint.Define("t", touchpoint.Keeps(nil, "x"))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"keeps a promise that the journey does not have", "its definition is faulty",
			[]event.Definition{touchpoint.Define("t", touchpoint.In(journey.Define("a"), ""), touchpoint.Keeps(journey.Define("a"), "x"))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"a faulty promise", "the blueprint cannot express it",
			[]event.Definition{journey.Define("a", journey.Promise("x", -1))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"the plainest policy", "what has a default needs no key",
			[]event.Definition{touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey"))},
			nil,
			&blueprint.Blueprint{Version: 1, Contact: &blueprint.Contact{Purposes: []blueprint.Purpose{{Name: "survey"}}}},
		},
		{
			"two policies", "a company has one",
			[]event.Definition{touchpoint.DefineContactPolicy("a", touchpoint.Purpose("survey")), touchpoint.DefineContactPolicy("b", touchpoint.Purpose("survey"))},
			[]string{"definitions[1]"},
			nil,
		},
		{
			"a faulty policy", "the blueprint cannot express it",
			[]event.Definition{touchpoint.DefineContactPolicy("a", touchpoint.Purpose("survey", touchpoint.GrantLife(0)), touchpoint.ContactWait(0))},
			[]string{"definitions[0]"},
			nil,
		},
		{
			"a purpose and no policy", "the blueprint would not say what it is",
			[]event.Definition{touchpoint.Define("x", touchpoint.For("survey"))},
			[]string{"touchpoints[0].purpose"},
			nil,
		},
		{
			"quiet hours with the name of other hours", "the name would be ambiguous",
			[]event.Definition{
				journey.Define("a", journey.Promise("x", time.Hour, journey.Hours(open("09:00-17:00")))),
				touchpoint.DefineContactPolicy("a", touchpoint.Purpose("survey", touchpoint.QuietHours(open("21:00-08:00")))),
			},
			[]string{"definitions[1]"},
			nil,
		},
		{"no scale", "a survey needs a scale", []event.Definition{feedback.Define("x", 99)}, []string{"surveys[0].scale"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := blueprint.From(c.defs...)
			if paths := pathsOf(t, err); !slices.Equal(paths, c.faults) {
				t.Errorf("the faults are at %q, want %q: %s\n%v", paths, c.faults, c.reason, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// open returns hours with the name office.
func open(opening string) *calendar.Hours {
	return calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon", opening))
}

// stranger is a definition of a type that package blueprint does not know.
type stranger struct{}

func (stranger) Name() string    { return "stranger" }
func (stranger) Validate() error { return nil }
