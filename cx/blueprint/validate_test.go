package blueprint_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// pathsOf returns the paths of the problems in err.
func pathsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *blueprint.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	var paths []string
	for _, p := range invalid.Problems {
		paths = append(paths, p.Path)
	}
	return paths
}

func TestValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", event.MaxName+1)
	for _, c := range []struct {
		name, reason string
		change       func(*blueprint.Blueprint)
		want         []string // "path: a part of the message"
	}{
		{"full", "it uses every field", func(*blueprint.Blueprint) {}, nil},
		{"empty", "a blueprint may promise nothing", func(b *blueprint.Blueprint) { *b = blueprint.Blueprint{Version: 1} }, nil},
		{"no version", "the format is unknown", func(b *blueprint.Blueprint) { b.Version = 0 }, []string{"version: version: 1"}},
		{"later version", "a later release of Cairn wrote it", func(b *blueprint.Blueprint) { b.Version = 2 }, []string{"version: knows version 1"}},
		{"no name", "a name is required", func(b *blueprint.Blueprint) { b.Journeys[1].Name = "" }, []string{"journeys[1].name: missing"}},
		{"reserved name", "a leading _ is reserved", func(b *blueprint.Blueprint) { b.Touchpoints[3].Name = "_other" }, []string{"touchpoints[3].name: begin with _"}},
		{"name too long", "65 bytes", func(b *blueprint.Blueprint) { b.Surveys[1].Name = long }, []string{"surveys[1].name: 64 bytes"}},
		{"name of two lines", "a line break breaks every display", func(b *blueprint.Blueprint) { b.Journeys[1].Name = "a\nb" }, []string{`journeys[1].name: "a\nb"`}},
		{"journey twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Journeys[1].Name = "checkout" }, []string{"journeys[1].name: first at journeys[0].name"}},
		{"touchpoint twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Touchpoints[3].Name = "call-support" }, []string{"touchpoints[3].name: twice"}},
		{"survey twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Surveys[1].Name = "post-purchase" }, []string{"surveys[1].name: twice"}},
		{"stage twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Journeys[0].Stages[2].Name = "cart" }, []string{
			"journeys[0].stages[2].name: twice", `journeys[0].promises[1].pause[1]: no stage "confirmation"`,
			`journeys[0].promises[2].until: neither a stage nor a touchpoint "confirmation"`, `touchpoints[1].stage: no stage "confirmation"`,
		}},
		{"an unknown channel, twice", "each entry has one problem", func(b *blueprint.Blueprint) { b.Journeys[0].Channels = []string{"fax", "fax"} }, []string{
			`journeys[0].channels[0]: no channel "fax"`, `journeys[0].channels[1]: no channel "fax"`,
		}},
		{"cause twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Surveys[0].Causes[1] = "price" }, []string{"surveys[0].causes[1]: twice"}},
		{"empty cause", "a name is required", func(b *blueprint.Blueprint) { b.Surveys[0].Causes[1] = "" }, []string{"surveys[0].causes[1]: missing"}},
		{"negative expectation", "a visit cannot have a negative length", func(b *blueprint.Blueprint) { b.Journeys[0].Stages[1].Expect = -second }, []string{"journeys[0].stages[1].expect: is -1s"}},
		{"endless patience", "ten years and a nanosecond", func(b *blueprint.Blueprint) { b.Journeys[0].AbandonAfter = blueprint.Duration(event.MaxDuration) + 1 }, []string{"journeys[0].abandon_after: 3650d"}},
		{"most patience", "ten years", func(b *blueprint.Blueprint) { b.Journeys[0].AbandonAfter = blueprint.Duration(event.MaxDuration) }, nil},
		{"negative target", "an interaction cannot have a negative length", func(b *blueprint.Blueprint) { b.Touchpoints[0].Satisfied = -1 }, []string{"touchpoints[0].satisfied: -1ns"}},
		{"unknown journey", "a typing mistake", func(b *blueprint.Blueprint) { b.Touchpoints[2].Journey = "chekcout" }, []string{`touchpoints[2].journey: did you mean "checkout"?`}},
		{"unknown journey of a survey", "a typing mistake", func(b *blueprint.Blueprint) { b.Surveys[0].Journey = "Checkout" }, []string{`surveys[0].journey: did you mean "checkout"?`}},
		{"unknown stage", "a typing mistake", func(b *blueprint.Blueprint) { b.Touchpoints[0].Stage = "payments" }, []string{`touchpoints[0].stage: no stage "payments": it has ["cart" "payment" "confirmation"]: did you mean "payment"?`}},
		{"stage of a journey without", "the journey has no stages", func(b *blueprint.Blueprint) {
			b.Touchpoints[3] = blueprint.Touchpoint{Name: "x", Journey: "returns", Stage: "cart"}
		}, []string{`touchpoints[3].stage: "returns" has no stage`}},
		{"stage of no journey", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Touchpoints[3].Stage = "cart" }, []string{"touchpoints[3].stage: needs a journey"}},
		{"end of no journey", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Touchpoints[3].Ends = "failed" }, []string{"touchpoints[3].ends: needs a journey"}},
		{"impossible ending", "a touchpoint cannot abandon a journey", func(b *blueprint.Blueprint) { b.Touchpoints[1].Ends = "abandoned" }, []string{"touchpoints[1].ends: completed, failed or cancelled"}},
		{"American spelling", "canceled with one l", func(b *blueprint.Blueprint) { b.Touchpoints[1].Ends = "canceled" }, []string{`touchpoints[1].ends: did you mean "cancelled"?`}},
		{"no scale", "a survey needs a scale", func(b *blueprint.Blueprint) { b.Surveys[1].Scale = "" }, []string{"surveys[1].scale: missing"}},
		{"unknown scale", "a typing mistake", func(b *blueprint.Blueprint) { b.Surveys[1].Scale = "NPS" }, []string{`surveys[1].scale: did you mean "nps"?`}},
		{"unknown channel", "a typing mistake", func(b *blueprint.Blueprint) { b.Channels["Desk"] = "in-person" }, []string{`channels["Desk"]: did you mean "in_person"?`}},
		{"unknown channel of a journey", "a typing mistake", func(b *blueprint.Blueprint) { b.Journeys[0].Channels[1] = "mobil" }, []string{`journeys[0].channels[1]: did you mean "mobile"?`}},
		{"spelling of a channel of a journey", "a journey has the channel's own name", func(b *blueprint.Blueprint) { b.Journeys[0].Channels[1] = "Desk" }, []string{`journeys[0].channels[1]: no channel "Desk"`}},
		{"empty channel of a journey", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Journeys[0].Channels[0] = "" }, []string{`journeys[0].channels[0]: no channel ""`}},
		{"channel of a journey twice", "take one out", func(b *blueprint.Blueprint) { b.Journeys[0].Channels[1] = "mobile" }, []string{`journeys[0].channels[1]: first at journeys[0].channels[0]`}},
		{"channel to itself", "true, and useless", func(b *blueprint.Blueprint) { b.Channels["Web"] = "web" }, nil},
		{"standard channel renamed", "a standard channel keeps its meaning", func(b *blueprint.Blueprint) { b.Channels["Web"] = "phone" }, []string{`channels["Web"]: standard`}},
		{"spellings that differ in capitals", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Channels["DESK"] = "kiosk" }, []string{`channels["Desk"]: capitals`}},
		{"spellings that agree", "both stand for one channel", func(b *blueprint.Blueprint) { b.Channels["DESK"] = "in_person" }, nil},
		{"empty spelling", "a spelling is required", func(b *blueprint.Blueprint) { b.Channels[""] = "web" }, []string{`channels[""]: not a valid name`}},
		{"hours without a zone", "a promise must not depend on the server", func(b *blueprint.Blueprint) {
			b.Hours["office"] = blueprint.Hours{Open: b.Hours["office"].Open}
		}, []string{`hours["office"].zone: the zone is missing`}},
		{"hours of the server", "a promise must not depend on the server", func(b *blueprint.Blueprint) {
			b.Hours["office"] = blueprint.Hours{Zone: "Local", Open: b.Hours["office"].Open}
		}, []string{`hours["office"].zone: the zone of the server`}},
		{"unknown zone", "a typing mistake", func(b *blueprint.Blueprint) {
			b.Hours["office"] = blueprint.Hours{Zone: "Europe/Lodnon", Open: b.Hours["office"].Open}
		}, []string{`hours["office"].zone: there is no zone`}},
		{"hours that never open", "no promise would ever be due", func(b *blueprint.Blueprint) {
			b.Hours["office"] = blueprint.Hours{Zone: "UTC", Holidays: b.Hours["office"].Holidays}
		}, []string{`hours["office"].open: never open`}},
		{"empty hours", "each key that is missing", func(b *blueprint.Blueprint) { b.Hours[""] = blueprint.Hours{} }, []string{
			`hours[""]: not a valid name`, `hours[""].zone: missing`, `hours[""].open: never open`,
		}},
		{"unknown weekday", "a typing mistake", func(b *blueprint.Blueprint) { b.Hours["office"].Open["son"] = blueprint.Openings{"10:00-12:00"} }, []string{`hours["office"].open["son"]: names no weekdays`}},
		{"weekday twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Hours["office"].Open["fri-sun"] = blueprint.Openings{"10:00-12:00"} }, []string{
			`hours["office"].open["mon-fri"]: declares fri, which "fri-sun" declares, too`, `hours["office"].open["sat"]: declares sat`,
		}},
		{"no opening", "the key says nothing", func(b *blueprint.Blueprint) { b.Hours["office"].Open["sun"] = nil }, []string{`hours["office"].open["sun"]: has no opening`}},
		{"faulty opening", "one digit", func(b *blueprint.Blueprint) { b.Hours["office"].Open["sat"][1] = "1-4" }, []string{`hours["office"].open["sat"][1]: "1-4" is no opening`}},
		{"faulty opening of a date", "one digit", func(b *blueprint.Blueprint) { b.Hours["office"].Holidays[2].Open[0] = "9-12" }, []string{`hours["office"].holidays[2].open[0]: "9-12" is no opening`}},
		{"no date", "30 February", func(b *blueprint.Blueprint) { b.Hours["office"].Holidays[1].Date = "2026-02-30" }, []string{`hours["office"].holidays[1].date: no date`}},
		{"date twice", "it would be ambiguous", func(b *blueprint.Blueprint) { b.Hours["office"].Holidays[1].Date = "2026-12-25" }, []string{`hours["office"].holidays[1].date: first at holidays[0]`}},
		{"too many hours", "1,002", func(b *blueprint.Blueprint) {
			for i := range blueprint.MaxNames {
				b.Hours[fmt.Sprint("h", i)] = b.Hours["always"]
			}
		}, []string{"hours: at most 1000"}},
		{"long description", "8 KiB and a byte", func(b *blueprint.Blueprint) { b.Surveys[0].Description = strings.Repeat("x", event.MaxText+1) }, []string{"surveys[0].description: 8192 bytes"}},
		{"description that is not UTF-8", "a lone byte", func(b *blueprint.Blueprint) { b.Journeys[0].Stages[0].Description = "\xff" }, []string{"journeys[0].stages[0].description: UTF-8"}},
		{"long owner", "65 bytes", func(b *blueprint.Blueprint) { b.Touchpoints[0].Owner = long }, []string{"touchpoints[0].owner: 64 bytes"}},
		{"too many journeys", "1,001", func(b *blueprint.Blueprint) {
			for i := range blueprint.MaxNames - 1 {
				b.Journeys = append(b.Journeys, blueprint.Journey{Name: fmt.Sprint("j", i)})
			}
		}, []string{"journeys: at most 1000"}},
		{"too many spellings", "1,002", func(b *blueprint.Blueprint) {
			for i := range blueprint.MaxNames {
				b.Channels[fmt.Sprint("c", i)] = "web"
			}
		}, []string{"channels: at most 1000"}},
		{"all at once", "one run reports every problem", func(b *blueprint.Blueprint) {
			b.Version = 3
			b.Journeys[0].Stages[1].Name = "pay"
			b.Surveys[0].Scale = "stas"
			b.Channels["Desk"] = "?"
		}, []string{"version: is 3, but", "journeys[0].promises[1].from: payment", "touchpoints[0].stage: payment", `surveys[0].scale: "stars"`, `channels["Desk"]: no channel`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := shop()
			c.change(b)
			err := b.Validate()
			paths := pathsOf(t, err)
			if len(paths) != len(c.want) {
				t.Fatalf("%d problems, want %d: %s\n%v", len(paths), len(c.want), c.reason, err)
			}
			for i, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				line := strings.Split(err.Error(), "\n")[i]
				if paths[i] != path || !strings.Contains(line, part) {
					t.Errorf("a problem is %s\nwant one at %s that contains %q: %s", line, path, part, c.reason)
				}
			}
		})
	}
}

// TestManyMistakes: Validate names all of 1,000 mistakes and searches suggestions for at most 100 of them.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{Version: 1}
	for i := range blueprint.MaxNames {
		b.Journeys = append(b.Journeys, blueprint.Journey{Name: fmt.Sprintf("%060d", i)})
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: fmt.Sprint("t", i), Journey: fmt.Sprintf("%060dx", i)})
	}
	var invalid *blueprint.Error
	if !errors.As(b.Validate(), &invalid) || len(invalid.Problems) != blueprint.MaxNames {
		t.Fatal("Validate does not report every mistake")
	}
	with := 0
	for _, p := range invalid.Problems {
		if p.Suggestion != "" {
			with++
		}
	}
	if with == 0 || with > 100 {
		t.Errorf("%d problems have a suggestion, want 1 to 100", with)
	}
}

// TestValidIsValid: the definitions of a valid blueprint are valid, and a client accepts them.
func TestValidIsValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.SampledFrom([]string{"a", "b", "checkout", "", "_x", "ä", "\x00", "start", "end"}), rapid.String())
		length := rapid.Custom(func(t *rapid.T) blueprint.Duration {
			return blueprint.Duration(rapid.OneOf(rapid.SampledFrom([]int64{0, 1, 60e9, -1}), rapid.Int64()).Draw(t, "ns"))
		})
		b := &blueprint.Blueprint{Version: 1}
		for range rapid.IntRange(0, 3).Draw(t, "journeys") {
			j := blueprint.Journey{Name: name.Draw(t, "journey"), AbandonAfter: length.Draw(t, "abandon")}
			for range rapid.IntRange(0, 2).Draw(t, "stages") {
				j.Stages = append(j.Stages, blueprint.Stage{Name: name.Draw(t, "stage"), Expect: length.Draw(t, "expect")})
			}
			j.Channels = rapid.SliceOfN(rapid.SampledFrom(append(blueprint.Channels(), "x")), 0, 3).Draw(t, "channels")
			for range rapid.IntRange(0, 2).Draw(t, "promises") {
				j.Promises = append(j.Promises, blueprint.Promise{
					Name: name.Draw(t, "promise"), From: name.Draw(t, "from"), Until: name.Draw(t, "until"),
					Within: blueprint.Within{Duration: length.Draw(t, "within"), Days: rapid.SampledFrom([]int{0, 0, 1, -1, 3000}).Draw(t, "days")},
					Hours:  rapid.SampledFrom([]string{"", "always", "broken", "none"}).Draw(t, "hours"),
					Pause:  rapid.SliceOfN(name, 0, 2).Draw(t, "pause"),
					Target: blueprint.Share(rapid.SampledFrom([]float64{0, 0.9, 1, 1.1, -1, math.NaN(), math.Inf(1)}).Draw(t, "target")),
				})
			}
			b.Journeys = append(b.Journeys, j)
		}
		b.Hours = map[string]blueprint.Hours{"always": {Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}}}
		if rapid.Bool().Draw(t, "broken hours") {
			b.Hours["broken"] = blueprint.Hours{Zone: "Local"}
		}
		for range rapid.IntRange(0, 2).Draw(t, "touchpoints") {
			b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{
				Keeps: rapid.SliceOfN(name, 0, 2).Draw(t, "keeps"), Name: name.Draw(t, "touchpoint"), Journey: name.Draw(t, "in"), Stage: name.Draw(t, "at"),
				Ends: rapid.SampledFrom(append(blueprint.Endings(), "", "x")).Draw(t, "ends"), Satisfied: length.Draw(t, "T"),
				Purpose: rapid.SampledFrom([]string{"", "", "survey", "offer", "_x"}).Draw(t, "purpose"),
			})
		}
		for range rapid.IntRange(0, 2).Draw(t, "surveys") {
			b.Surveys = append(b.Surveys, blueprint.Survey{Name: name.Draw(t, "survey"), Scale: rapid.SampledFrom(append(blueprint.Scales(), "x")).Draw(t, "scale")})
		}
		if rapid.Bool().Draw(t, "contact") {
			b.Contact = drawContact(t, rapid.Bool().Draw(t, "wild"))
		}
		faulty := slices.ContainsFunc(b.Definitions(), func(d event.Definition) bool { return d.Validate() != nil })
		err := b.Validate()
		if faulty && err == nil {
			t.Fatalf("Validate accepts a blueprint with an invalid definition: %+v", b)
		}
		if err != nil {
			return
		}
		client, err := cx.New(cx.WithDefinitions(b.Definitions()...))
		if err != nil {
			t.Fatalf("a client rejects a valid blueprint: %v", err)
		}
		_ = client.Shutdown(t.Context())
	})
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	known := []string{strings.Repeat("y", 2*event.MaxName+1), "checkout", "cart", "payment", "in_person", "Übergabe", strings.Repeat("z", 2*event.MaxName)}
	for _, c := range []struct{ name, reason, word, want string }{
		{"itself", "the name is known", "cart", "cart"},
		{"a letter wrong", "one of four letters may be wrong", "card", "cart"},
		{"two swapped", "a swap is one mistake", "chekcout", "checkout"},
		{"two swapped in a short one", "a swap is one mistake, and four letters may have one", "crat", "cart"},
		{"two wrong in a short one", "one of four letters may be wrong", "crab", ""},
		{"one missing", "one letter is missing", "paymnt", "payment"},
		{"one too many", "one letter is too many", "payments", "payment"},
		{"capitals", "case does not count", "CHECKOUT", "checkout"},
		{"another dash", "the kind of dash does not count", "in-person", "in_person"},
		{"letters of two bytes", "the limit counts letters, not bytes", "übergaben", "Übergabe"},
		{"too far", "half of the letters are wrong", "checking", ""},
		{"empty", "an empty word resembles no name", "", ""},
		{"another", "no known name is close", "confirmation", ""},
		{"very long", "no name is that long", strings.Repeat("cart", 1000), ""},
		{"not UTF-8", "a lone byte", "\xff", ""},
		{"close to a name that is too long", "a name of more than 128 bytes is ignored", strings.Repeat("y", 2*event.MaxName), ""},
		{"close to the longest name", "a name of 128 bytes is compared", strings.Repeat("z", 2*event.MaxName-1), strings.Repeat("z", 2*event.MaxName)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := blueprint.Suggest(c.word, known); got != c.want {
				t.Errorf("Suggest(%.40q) = %q, want %q: %s", c.word, got, c.want, c.reason)
			}
		})
	}
}
