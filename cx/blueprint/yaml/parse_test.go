package yaml_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/slo"
)

// shop is the content of testdata/shop.yaml.
var shop = &blueprint.Blueprint{
	Version: 1,
	Journeys: []blueprint.Journey{{
		Name: "checkout", Description: "From a filled cart to a confirmed order", Owner: "team-payments",
		Stages: []blueprint.Stage{
			{Name: "cart"},
			{Name: "payment", Expect: blueprint.Duration(2 * time.Minute)},
			{Name: "confirmation"},
		},
		AbandonAfter: blueprint.Duration(30 * time.Minute),
		Channels:     []string{"web", "mobile"},
		Promises: []blueprint.Promise{
			{Name: "done", Within: blueprint.Within{Duration: blueprint.Duration(10 * time.Minute)}, Target: 0.999},
			{
				Name: "confirmed", Description: "Every paid order is confirmed", From: "payment", Until: "order-confirmed",
				Within: blueprint.Within{Duration: blueprint.Duration(24 * time.Hour)}, Hours: "office", Pause: []string{"cart"}, Target: 0.9,
			},
			{Name: "called", From: "start", Until: "end", Within: blueprint.Within{Days: 15}, Hours: "always"},
		},
	}},
	Touchpoints: []blueprint.Touchpoint{
		{Name: "submit-payment", Journey: "checkout", Stage: "payment", Satisfied: blueprint.Duration(800 * time.Millisecond)},
		{Name: "order-confirmed", Journey: "checkout", Stage: "confirmation", Ends: "completed", Keeps: []string{"called"}},
		{Name: "survey-mail", Purpose: "survey"},
	},
	Surveys: []blueprint.Survey{
		{Name: "post-purchase", Scale: "csat", Journey: "checkout", Causes: []string{"price", "delivery", "payment", "website"}},
	},
	Queues: []blueprint.Queue{
		{
			Name: "support", Description: "Questions about orders", Owner: "team-support", Hours: "office", Channels: []string{"phone", "chat"},
			ServiceLevel: blueprint.ServiceLevel{
				Within: blueprint.Duration(20 * time.Second), Variant: "ignored", ShortAbandon: blueprint.Duration(5 * time.Second), FlowOuts: true,
			},
		},
		{Name: "mail"},
	},
	Breakdowns: &blueprint.Breakdowns{
		Description: "What goes wrong more often than before", Owner: "team-shop", Hours: "office",
		Confirm: blueprint.Within{Duration: blueprint.Duration(8 * time.Hour)}, Plan: blueprint.Within{Days: 5}, Mend: blueprint.Within{Duration: blueprint.Duration(30 * 24 * time.Hour)},
		Severities: []blueprint.BreakdownSeverity{
			{Name: "high", CustomersADay: 20, Confirm: blueprint.Within{Duration: blueprint.Duration(2 * time.Hour)}, Mend: blueprint.Within{Days: 5}},
			{Name: "low", CustomersADay: 2.5},
		},
	},
	Intents:    []string{"order-late", "refund"},
	RootCauses: []string{"no-authority"},
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
	Channels:    map[string]string{"Internet": "web", "Desk": "in_person"},
	Objectives:  shopObjectives(),
	Zone:        "Europe/London",
	Maintenance: shopMaintenance(),
	Contact:     shopContact(),
}

func TestLoad(t *testing.T) {
	t.Parallel()
	got, err := yaml.Load("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shop, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = yaml.Load(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("the error of a missing file is %v", err)
	}
	if _, err = yaml.Load(t.TempDir()); err == nil {
		t.Error("Load accepts a folder")
	}
	broken := errors.New("the disk is broken")
	if _, err = yaml.Read("x", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the error of a broken reader is %v", err)
	}
}

// TestMistakes: one error reports all problems of testdata/mistakes.yaml, with the text of
// testdata/mistakes.txt.
func TestMistakes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/mistakes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = yaml.Parse("mistakes.yaml", data)
	var invalid *yaml.Error
	if !errors.As(err, &invalid) {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	golden(t, "testdata/mistakes.txt", []byte(err.Error()+"\n"))
	var plain *blueprint.Error
	if !errors.As(err, &plain) || len(plain.Problems) != len(invalid.Problems) {
		t.Errorf("as a *blueprint.Error the error is %v", plain)
	}
	if got, again := yaml.Parse("mistakes.yaml", bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))); got != nil || again.Error() != err.Error() {
		t.Error("the error differs for a file with Windows line ends")
	}
}

// golden compares got with the file, or writes the file with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs: run go test -update and check the difference (-file +got):\n%s", path, diff)
	}
}

const journeys = "version: 1\njourneys:\n- name: checkout\n  stages: [{name: cart}, {name: payment}]\n"

// mistake is a faulty file with the problems that Parse reports.
type mistake struct {
	name, reason, file string
	want               []string // the beginning of each problem and, behind |, another part of it
	schema             bool     // a JSON Schema rejects it, too
}

func mistakes() []mistake {
	deep := strings.Repeat("[", 100)
	return append(slices.Concat(objectiveMistakes(), contactMistakes(), logMistakes(), matchMistakes()), []mistake{
		{"empty", "even the version is missing", "", []string{"1:1: version:|add version: 1"}, false},
		{"comment only", "the file has no content", "# nothing\n", []string{"1:1: version:|missing"}, false},
		{"a trigger of a follow-up", "a typing mistake", "version: 1\nfollow_ups: [{name: a, open: [{on: complain}]}]\n", []string{`2:36: follow_ups[0].open[0].on: there is no trigger "complain"|did you mean "complaint"`}, true},
		{"a time of an action", "a unit is missing", "version: 1\nactions: [{name: a, make: 30}]\n", []string{"2:27: actions[0].make: "}, true},
		{"breakdowns as a list", "there is one section", "version: 1\nbreakdowns: [{mend: 30d}]\n", []string{"2:13: breakdowns: is a list|keys and values"}, true},
		{"a time of breakdowns", "a unit is missing", "version: 1\nbreakdowns: {mend: 30}\n", []string{"2:20: breakdowns.mend: |without a unit"}, true},
		{"a key of breakdowns", "a typing mistake", "version: 1\nbreakdowns: {mnd: 30d}\n", []string{`2:14: breakdowns:|did you mean "mend"?`}, true},
		{"hours of breakdowns", "they are not in the file", "version: 1\nbreakdowns: {hours: office}\n", []string{`2:21: breakdowns.hours: there are no hours "office"`}, false},
		{"a plan before the confirmation", "the steps have an order", "version: 1\nbreakdowns: {confirm: 3d, plan: 1d}\n", []string{"2:33: breakdowns.plan: confirm is 3d and plan is 1d|a longer one for plan"}, false},
		{"a severity without a bound", "it would hold for all", "version: 1\nbreakdowns: {confirm: 1d, severities: [{name: high}]}\n", []string{"2:40: breakdowns.severities[0].customers_a_day: |such as 20"}, true},
		{"a severity from no customers", "it would hold for all", "version: 1\nbreakdowns: {confirm: 1d, severities: [{name: high, customers_a_day: 0}]}\n", []string{"2:70: breakdowns.severities[0].customers_a_day: is 0|more than 0"}, true},
		{"a severity from too many customers", "more than there are", "version: 1\nbreakdowns: {confirm: 1d, severities: [{name: high, customers_a_day: 1000000000}]}\n", []string{"2:70: breakdowns.severities[0].customers_a_day: is 1e+09|below 1000000000"}, true},
		{"breakdowns of the name of a journey", "names that clash", "version: 1\njourneys: [{name: breakdown}]\nbreakdowns: {}\n", []string{`3:13: breakdowns.name: |give one of the two another name`}, false},
		{"a time of a follow-up", "a unit is missing", "version: 1\nfollow_ups: [{name: a, acknowledge: 24}]\n", []string{"2:37: follow_ups[0].acknowledge: "}, true},
		{"empty document", "the file has no content", "---\n", []string{"1:1: version:|missing"}, false},
		{"no version", "the format is unknown", "journeys: []\n", []string{"1:1: version:|missing"}, true},
		{"later version", "a later release of Cairn wrote it", "version: 2\n", []string{"1:10: version:|knows version 1"}, true},
		{"version zero", "no format has the version 0", "version: 0\n", []string{"1:10: version:|missing"}, true},
		{"channel of a journey", "a typing mistake", "version: 1\njourneys: [{name: a, channels: [wep]}]\n", []string{`2:33: journeys[0].channels[0]: there is no channel "wep"|did you mean "web"`}, true},
		{"channel of a journey twice", "a repeated channel is a mistake", "version: 1\njourneys: [{name: a, channels: [web, web]}]\n", []string{`2:38: journeys[0].channels[1]: "web" occurs twice`}, true},
		{"channels of a journey as text", "a list", "version: 1\njourneys: [{name: a, channels: web}]\n", []string{`2:32: journeys[0].channels: is text|write a list`}, true},
		{"version in quotes", "a number", "version: \"1\"\n", []string{"1:10: version: is text in quotes|without quotes"}, true},
		{"version with a point", "a whole number", "version: 1.5\n", []string{"1:10: version: is a number|whole"}, true},
		{"huge version", "it overflows every integer type", "version: 99999999999999999999\n", []string{"1:10: version:"}, true},
		{"hexadecimal version", "only decimal digits are allowed", "version: 0x1\n", []string{"1:10: version:"}, false},
		{"a word", "not a mapping", "hello\n", []string{"1:1: is text|keys and values"}, true},
		{"a list", "not a mapping", "- version: 1\n", []string{"1:1: is a list|keys and values"}, true},
		{"null", "not a mapping", "null\n", []string{"1:1: is empty"}, true},
		{"unknown key", "a typing mistake", "version: 1\ntouchpoint: []\n", []string{`2:1: there is no key "touchpoint" here|did you mean "touchpoints"?`}, true},
		{"unknown key in camel case", "another style", journeys + "  abandonAfter: 30m\n", []string{`5:3: journeys[0]:|"abandon_after"?`}, true},
		{"unknown key", "no known key is close", "version: 1\nzzz: 1\n", []string{"2:1: there is no key"}, true},
		{"mistake beside the right key", "the right key wins", "version: 1\nversoin: 7\n", []string{`2:1: there is no key "versoin"|did you mean "version"?`}, true},
		{"key twice", "it would be ambiguous", "version: 1\nsurveys: []\nversion: 1\n", []string{"3:1: version:|first on line 1"}, false},
		{"key twice deep down", "it would be ambiguous", journeys + "  owner: a\n  owner: b\n", []string{"6:3: journeys[0].owner:|first on line 5"}, false},
		{"number for a key", "a key is a word", "version: 1\n1: 2\n", []string{`2:1: the key is a number|"1"`}, true},
		{"truth value for a key", "a key is a word", "version: 1\ntrue: 2\n", []string{"2:1: the key is a truth value"}, true},
		{"no value", "a value is missing", "version: 1\njourneys:\n", []string{"2:1: journeys: has no value"}, true},
		{"null for a value", "a value is missing", "version: 1\njourneys: ~\n", []string{"2:1: journeys: has no value"}, true},
		{"empty text", "a value is missing", "version: 1\nsurveys:\n- {name: x, scale: nps, owner: ''}\n", []string{"3:32: surveys[0].owner: is empty|remove the key"}, true},
		{"mapping for a list", "the dash is forgotten", "version: 1\njourneys:\n  name: checkout\n", []string{"3:3: journeys: is a mapping|begins with -"}, true},
		{"text for a list", "the brackets are forgotten", "version: 1\nsurveys:\n- {name: x, scale: nps, causes: price}\n", []string{"3:33: surveys[0].causes: is text|[in, brackets]"}, true},
		{"text for a mapping", "the key is forgotten", "version: 1\njourneys: [checkout]\n", []string{"2:12: journeys[0]: is text|key: value"}, true},
		{"empty entry", "a value is missing", "version: 1\njourneys:\n- name: a\n-\n", []string{"3:1: journeys[1]: entry 2 of the list is empty"}, true},
		{"number for a name", "a number is no text", "version: 1\njourneys: [{name: 2026}]\n", []string{`2:19: journeys[0].name: is a number|"2026"`}, true},
		{"stages as text", "a reference to the stage is no further problem", "version: 1\njourneys: [{name: a, stages: [cart, {name: payment}]}]\ntouchpoints: [{name: x, journey: a, stage: cart}]\n", []string{`2:31: journeys[0].stages[0]: is text|{name: "cart"}`}, true},
		{"truth value for a name", "no is text in YAML 1.2, true is not", "version: 1\njourneys: [{name: no}, {name: true}]\n", []string{`2:31: journeys[1].name: is a truth value|"true"`}, true},
		{"list for a name", "a name is one text", "version: 1\njourneys: [{name: [a]}]\n", []string{"2:19: journeys[0].name: is a list|write text"}, true},
		{"reserved name", "a leading _ is reserved", "version: 1\njourneys: [{name: _x}]\n", []string{"2:19: journeys[0].name:|begin with _"}, true},
		{"long name", "65 bytes", "version: 1\njourneys: [{name: " + strings.Repeat("x", 65) + "}]\n", []string{"2:19: journeys[0].name:|64 bytes"}, true},
		{"no name", "a name is required", "version: 1\njourneys:\n- owner: a\n", []string{"3:3: journeys[0].name:|missing"}, true},
		{"no scale", "a survey needs a scale", "version: 1\nsurveys: [{name: x}]\n", []string{"2:11: surveys[0].scale:|nps, csat"}, true},
		{"mistake in a scale", "a typing mistake", "version: 1\nsurveys: [{name: x, scale: npss}]\n", []string{`2:28: surveys[0].scale:|"nps"?`}, true},
		{"number for a duration", "a number needs a unit", journeys + "  abandon_after: 30\n", []string{"5:18: journeys[0].abandon_after: is a number|write 30ms, 30s, 30m or 30h"}, true},
		{"words for a duration", "not a duration", journeys + "  abandon_after: 30 minutes\n", []string{`5:18: journeys[0].abandon_after: "30 minutes"|there is no unit`}, true},
		{"negative duration", "a promise cannot be negative", journeys + "  abandon_after: -30m\n", []string{"5:18: journeys[0].abandon_after:"}, true},
		{"endless duration", "11 years", journeys + "  abandon_after: 4000d\n", []string{"5:18: journeys[0].abandon_after: is 4000d|3650d"}, false},
		{"list for a duration", "a duration is one text", journeys + "  abandon_after: [1m]\n", []string{"5:18: journeys[0].abandon_after: is a list"}, true},
		{"journey twice", "it would be ambiguous", "version: 1\njourneys: [{name: a}, {name: a}]\n", []string{"2:30: journeys[1].name:|journeys[0].name"}, false},
		{"unknown journey", "a typing mistake", journeys + "touchpoints:\n- {name: x, journey: chekcout}\n", []string{`6:22: touchpoints[0].journey:|"checkout"?`}, false},
		{"unknown stage", "a typing mistake", journeys + "touchpoints:\n- {name: x, journey: checkout, stage: payments}\n", []string{`6:39: touchpoints[0].stage:|"payment"?`}, false},
		{"stage of no journey", "a stage needs a journey", journeys + "touchpoints:\n- {name: x, stage: payment}\n", []string{"6:20: touchpoints[0].stage:|needs a journey"}, true},
		{"end of no journey", "an end needs a journey", journeys + "touchpoints:\n- {name: x, ends: failed}\n", []string{"6:19: touchpoints[0].ends:|needs a journey"}, true},
		{"mistake in an end", "a typing mistake", journeys + "touchpoints:\n- {name: x, journey: checkout, ends: canceled}\n", []string{`6:38: touchpoints[0].ends:|"cancelled"?`}, true},
		{"cause twice", "it would be ambiguous", "version: 1\nsurveys:\n- {name: x, scale: nps, causes: [a, a]}\n", []string{"3:37: surveys[0].causes[1]:|twice"}, true},
		{"unknown channel", "a typing mistake", "version: 1\nchannels:\n  Desk: in-person\n", []string{`3:9: channels["Desk"]:|"in_person"?`}, true},
		{"channel twice", "it would be ambiguous", "version: 1\nchannels: {a: web, a: web}\n", []string{`2:20: channels["a"]:|twice`}, false},
		{"number for a spelling", "a number is no text", "version: 1\nchannels: {1: web}\n", []string{`2:12: channels: the key is a number|"1"`}, false},
		{"number for a spelling, and an unknown channel", "one value has one problem", "version: 1\nchannels: {1: webb}\n", []string{`2:12: channels: the key is a number|"1"`}, false},
		{"list for the channels", "a mapping", "version: 1\nchannels: [web]\n", []string{"2:11: channels: is a list"}, true},
		{"spelling with brackets and points", "the decoder still finds the place of the path", "version: 1\nchannels: {\"a.b[0]\": webb}\n", []string{`2:22: channels["a.b[0]"]:|"web"?`}, true},
		{"letters of more than a byte", "columns are characters", "version: 1\nsurveys: [{name: Übergröße, scale: npss}]\n", []string{"2:36: surveys[0].scale:"}, true},
		{"one mistake, one problem", "a mistake causes no problems in dependent values", "version: 1\njournies: [{nme: a}]\ntouchpoints: [{name: x, journey: a}]\n", []string{`2:1: there is no key "journies"`, `2:13: journeys[0]: there is no key "nme"`}, true},
		{"not closed", "a bracket is missing", "version: 1\njourneys: [{name: a}\n", []string{"2:|is not YAML"}, false},
		{"hours without a zone", "the server's zone is no promise", "version: 1\nhours:\n  office:\n    open: {mon: 09:00-17:00}\n", []string{`4:5: hours["office"].zone: the zone is missing`}, true},
		{"local hours", "the server's zone is no promise", "version: 1\nhours: {office: {zone: Local, open: {mon: 09:00-17:00}}}\n", []string{`2:24: hours["office"].zone: "Local" is the zone of the server`}, false},
		{"unknown zone", "a typing mistake", "version: 1\nhours: {office: {zone: Europe/Lodnon, open: {mon: 09:00-17:00}}}\n", []string{`2:24: hours["office"].zone: there is no zone "Europe/Lodnon"|such as Europe/London`}, false},
		{"hours without openings", "they never open", "version: 1\nhours: {office: {zone: UTC}}\n", []string{`2:17: hours["office"].open: the hours never open`}, true},
		{"hours with empty openings", "they never open", "version: 1\nhours: {office: {zone: UTC, open: {}}}\n", []string{`2:35: hours["office"].open: the hours never open`}, true},
		{"a weekday without openings", "it says nothing", "version: 1\nhours: {office: {zone: UTC, open: {mon: 09:00-17:00, tue: []}}}\n", []string{`2:59: hours["office"].open["tue"]: has no opening`}, true},
		{"unknown weekday", "a typing mistake", hoursFile("monday: 09:00-17:00", ""), []string{`2:44: hours["office"].open["monday"]: "monday" names no weekdays|did you mean "mon"?`}, true},
		{"one digit", "two digits only", hoursFile("mon: 9:00-17:00", ""), []string{`2:41: hours["office"].open["mon"][0]: "9:00-17:00" is no opening|did you mean "09:00-17:00"?`}, true},
		{"second of a list", "its own place", hoursFile("mon: [09:00-12:00, 1-5]", ""), []string{`2:55: hours["office"].open["mon"][1]: "1-5" is no opening`}, true},
		{"a number of hours", "a number is no opening", hoursFile("mon: 24", ""), []string{`2:41: hours["office"].open["mon"]: is a number`}, true},
		{"openings as a mapping", "a text or a list", hoursFile("mon: {from: 09:00, to: 17:00}", ""), []string{`2:41: hours["office"].open["mon"]: is a mapping`}, true},
		{"a weekday twice", "it would be ambiguous", hoursFile("mon: 24h, mon: 24h", ""), []string{`2:46: hours["office"].open["mon"]: "mon" occurs twice`}, false},
		{"a weekday in two ranges", "it would be ambiguous", hoursFile("mon-fri: 09:00-12:00, wed: 13:00-14:00", ""), []string{`2:63: hours["office"].open["wed"]: declares wed, which "mon-fri" declares, too`}, false},
		{"no date", "30 February", hoursFile("mon: 24h", "2026-12-25, 2026-02-30"), []string{`2:70: hours["office"].holidays[1].date: "2026-02-30" is no date`}, false},
		{"another order", "year, month, day", hoursFile("mon: 24h", "25.12.2026"), []string{`2:58: hours["office"].holidays[0].date: "25.12.2026" is no date`}, true},
		{"a number as a date", "a date has dashes", hoursFile("mon: 24h", "20261225"), []string{`2:58: hours["office"].holidays[0]: is a number`}, true},
		{"opening of a date", "its own place", hoursFile("mon: 24h", "{date: 2026-12-24, open: 9-12}"), []string{`2:83: hours["office"].holidays[0].open[0]: "9-12" is no opening`}, true},
		{"no date in a holiday", "a date is required", hoursFile("mon: 24h", "{open: 09:00-12:00}"), []string{`2:58: hours["office"].holidays[0].date: "" is no date`}, true},
		{"unknown key of a holiday", "a typing mistake", hoursFile("mon: 24h", "{date: 2026-12-24, opens: 09:00-12:00}"), []string{`2:77: hours["office"].holidays[0]: there is no key "opens"|"open"?`}, true},
		{"unknown key of hours", "a typing mistake", "version: 1\nhours: {office: {zone: UTC, opne: {mon: 24h}}}\n", []string{`2:29: hours["office"]: there is no key "opne"|"open"?`}, true},
		{"hours as a list", "a mapping of names", "version: 1\nhours: [{zone: UTC}]\n", []string{"2:8: hours: is a list"}, true},
		{"unreadable hours", "one mistake, one problem", strings.ReplaceAll(promiseFile("within: 15bd, hours: office"), "hours: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}}}", "hours: [office]"), []string{"6:8: hours: is a list"}, true},
		{"hours without a value", "one mistake, one problem", strings.ReplaceAll(promiseFile("within: 15bd, hours: office"), "hours: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}}}", "hours:"), []string{"6:1: hours: has no value"}, true},
		{"unreadable hours, and none where they are needed", "two mistakes", strings.ReplaceAll(promiseFile("within: 15bd"), "hours: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}}}", "hours: [office]"), []string{"5:14: journeys[0].promises[0].hours: 15bd counts", "6:8: hours: is a list"}, true},
		{"promise as text", "a time is missing", journeys + "  promises: [answered]\n", []string{`5:14: journeys[0].promises[0]: is text|{name: "answered"}`}, true},
		{"a promise without a dash", "a list", journeys + "  promises: {name: a, within: 24h}\n", []string{"5:13: journeys[0].promises: is a mapping|begins with -"}, true},
		{"a promise without a name", "a name is required", journeys + "  promises: [{within: 24h}]\n", []string{"5:14: journeys[0].promises[0].name: the name is missing"}, true},
		{"a promise without a time", "a time is required", journeys + "  promises: [{name: a}]\n", []string{"5:14: journeys[0].promises[0].within: the time is missing or zero"}, true},
		{"two promises of a name", "it would be ambiguous", journeys + "  promises: [{name: a, within: 1h}, {name: a, within: 2h}]\n", []string{"5:44: journeys[0].promises[1].name: \"a\" occurs twice"}, false},
		{"unknown key of a promise", "a typing mistake", promiseFile("within: 24h, hour: office"), []string{`5:44: journeys[0].promises[0]: there is no key "hour"|"hours"?`}, true},
		{"a number for a time", "a number needs a unit", promiseFile("within: 24"), []string{"5:39: journeys[0].promises[0].within: is a number without a unit|write 24h, or 24bd for business days"}, true},
		{"a fraction for a time", "a number needs a unit", promiseFile("within: 1.5"), []string{"5:39: journeys[0].promises[0].within: is a number|such as 24h"}, true},
		{"a list for a time", "one text", promiseFile("within: [24h]"), []string{"5:39: journeys[0].promises[0].within: is a list|15bd"}, true},
		{"words for a time", "no unit", promiseFile("within: 15 business days"), []string{`5:39: journeys[0].promises[0].within: "15 business days"|or write business days, such as 15bd`}, true},
		{"no time", "a promise leaves some time", promiseFile("within: 0s"), []string{"5:39: journeys[0].promises[0].within: the time is missing or zero"}, false},
		{"too many business days", "ten years", promiseFile("within: 3000bd, hours: office"), []string{"5:39: journeys[0].promises[0].within:|2500bd"}, false},
		{"business days without hours", "nothing says which days", promiseFile("within: 15bd"), []string{"5:14: journeys[0].promises[0].hours: 15bd counts business days|add hours"}, true},
		{"unknown hours", "a typing mistake", promiseFile("within: 15bd, hours: ofice"), []string{`5:52: journeys[0].promises[0].hours: there are no hours "ofice"|did you mean "office"?`}, false},
		{"days of opened hours", "a day of 24 opened hours is three business days", promiseFile("within: 2d, hours: office"), []string{"5:39: journeys[0].promises[0].within: is in days or weeks|remove hours to count every hour, write 2bd for business days, or write 48h for that many opened hours"}, false},
		{"eight weeks of opened hours", "the rule for complaints: eight weeks of five business days", promiseFile("within: 8w, hours: office"), []string{"5:39: journeys[0].promises[0].within: is in days or weeks|remove hours to count every hour, write 40bd for business days, or write 1344h"}, false},
		{"ten days of unknown hours", "a week and three days", promiseFile("within: 10d, hours: ofice"), []string{"5:39: |write 8bd for", "5:51: |ofice"}, false},
		{"ten years of opened hours", "a promise has 2500 business days at most", promiseFile("within: 3650d, hours: office"), []string{"5:39: |write business days"}, false},
		{"weeks of daily hours", "each day is a business day", strings.ReplaceAll(promiseFile("within: 8w, hours: office"), "mon-fri", "daily"), []string{"5:39: |write 56bd"}, false},
		{"weeks of two entries", "three weekdays and one", strings.ReplaceAll(promiseFile("within: 2w, hours: office"), "mon-fri: 09:00-17:00", "sat-mon: 24h, thu: 24h"), []string{"5:39: |write 8bd"}, false},
		{"weeks of opened hours", "a week of 168 opened hours is four weeks", promiseFile("within: 1w30m, hours: office"), []string{"5:39: journeys[0].promises[0].within: is in days or weeks|write 168h30m"}, false},
		{"from a mistake", "a typing mistake", promiseFile("within: 24h, from: catr"), []string{`5:50: journeys[0].promises[0].from: the journey "checkout" has neither a stage nor a touchpoint "catr"|its stages are ["cart" "payment"]: the touchpoints are ["pay"]: did you mean "cart"?`}, false},
		{"until a mistake", "a typing mistake", promiseFile("within: 24h, until: Payment"), []string{`5:51: journeys[0].promises[0].until:|"payment"?`}, false},
		{"from the end", "nothing is promised after the end", promiseFile("within: 24h, from: end"), []string{`5:50: journeys[0].promises[0].from: "end" is the end`}, false},
		{"until the start", "nothing is kept before the start", promiseFile("within: 24h, until: start"), []string{`5:51: journeys[0].promises[0].until: "start" is the beginning`}, false},
		{"a stage named start", "the name is reserved", "version: 1\njourneys: [{name: a, stages: [{name: start}]}]\n", []string{`2:38: journeys[0].stages[0].name: "start" stands for`}, true},
		{"pause in a touchpoint", "pause takes stages", promiseFile("within: 24h, pause: [cart, pay]"), []string{`5:58: journeys[0].promises[0].pause[1]: "pay" is a touchpoint and no stage: write a stage of the journey "checkout": it has ["cart" "payment"]`}, false},
		{"pause as text", "a list", promiseFile("within: 24h, pause: cart"), []string{"5:51: journeys[0].promises[0].pause: is text|[in, brackets]"}, true},
		{"target without a percent sign", "90 times as much as there is", promiseFile("within: 24h, target: 90"), []string{"5:52: journeys[0].promises[0].target: 90 is more than the whole|write a percentage, such as 90%"}, true},
		{"target of more than all", "it cannot be kept", promiseFile("within: 24h, target: 1.5"), []string{"5:52: journeys[0].promises[0].target: 1.5 is more than the whole"}, true},
		{"target of nothing", "leave it out", promiseFile("within: 24h, target: 0"), []string{"5:52: journeys[0].promises[0].target: 0 is no share"}, true},
		{"negative target", "less than nothing", promiseFile("within: 24h, target: -0.1"), []string{`5:52: journeys[0].promises[0].target: "-0.1" is no share`}, true},
		{"target in words", "a number", promiseFile("within: 24h, target: most"), []string{`5:52: journeys[0].promises[0].target: "most" is no share`}, true},
		{"target as a list", "a number", promiseFile("within: 24h, target: [90%]"), []string{"5:52: journeys[0].promises[0].target: is a list|90%"}, true},
		{"target as a truth value", "a number", promiseFile("within: 24h, target: true"), []string{"5:52: journeys[0].promises[0].target: is a truth value|90%"}, true},
		{"keeps a mistake", "a typing mistake", promiseFile("within: 24h") + "- {name: x, journey: checkout, keeps: [answerd]}\n", []string{`9:40: touchpoints[1].keeps[0]: the journey "checkout" has no promise "answerd"|"answered"?`}, false},
		{"keeps in no journey", "whose promise would it be", promiseFile("within: 24h") + "- {name: x, keeps: [answered]}\n", []string{"9:20: touchpoints[1].keeps: needs a journey"}, true},
		{"tab", "YAML has no tabs in front", "version: 1\njourneys:\n\t- name: a\n", []string{"3:|is not YAML"}, false},
		{"wrong indentation", "it matches no enclosing column", "version: 1\njourneys:\n  - name: a\n owner: b\n", []string{"|is not YAML"}, false},
		{"two documents", "it would be ambiguous", "version: 1\n---\nversion: 1\n", []string{"3:1: is a second document"}, false},
		{"two documents after an end", "it would be ambiguous", "version: 1\n...\nversion: 1\n", []string{"3:1: is a second document"}, false},
		{"many documents", "it would be ambiguous", strings.Repeat("---\n", 3000), []string{"2:1: begins a second document"}, false},
		{"anchor and alias", "a blueprint writes values out", "version: 1\njourneys: [{name: &a x, owner: *a}]\n", []string{"2:19: a blueprint has no anchors", "2:32: a blueprint has no anchors"}, false},
		{"merge key", "a blueprint writes values out", "version: 1\n<<: {}\n", []string{"2:1: a blueprint has no anchors"}, false},
		{"tag", "a blueprint has no tags", "version: !!int 1\n", []string{"1:10: a blueprint has no tags"}, false},
		{"directive", "a blueprint has no directives", "%YAML 1.2\n---\nversion: 1\n", []string{"1:1: a blueprint has no directives"}, false},
		{"question mark", "keys are words", "? version\n: 1\n", []string{"1:1: a blueprint has no keys that begin with ?"}, false},
		{"not UTF-8", "a lone byte", "version: 1\n# \xff\n", []string{"2:3: is not text in UTF-8|0xff"}, false},
		{"DEL", "YAML 1.2 does not allow it", "version: 1 # \x7f\n", []string{"1:14: is not text"}, false},
		{"a C1 control character", "YAML 1.2 does not allow it", "version: 1 # \u0080\n", []string{"1:14: is not text"}, false},
		{"the last C1 control character", "YAML 1.2 does not allow it", "version: 1 # \u009f\n", []string{"1:14: is not text"}, false},
		{"an escape", "it would change what a terminal shows", "version: 1 # \x1b[31m\n", []string{"1:14: is not text"}, false},
		{"a byte order mark within", "it is allowed at the start only", "version: 1 # \ufeff\n", []string{"1:14: is not text"}, false},
		{"NUL", "not text", "version: 1\x00\n", []string{"1:11: is not text"}, false},
		{"UTF-16", "another encoding", "\xff\xfev\x00", []string{"1:1: is not text"}, false},
		{"deep brackets", "deeper than a blueprint may be", "a: " + deep, []string{"1:|nested deeper"}, false},
		{"deep dashes", "deeper than a blueprint may be", strings.Repeat("- ", 100), []string{"1:|nested deeper"}, false},
		{"deep lines", "deeper than a blueprint may be", deepLines(100), []string{"|nested deeper"}, false},
		{"alias bomb", "the parser must not see it", bomb(), []string{"1:4: a blueprint has no anchors"}, false},
		{"many keys", "more than a blueprint may have", "version: 1\n" + strings.Repeat("a: 1\n", 3000), []string{"2001:|one more than"}, false},
		{"many keys in brackets", "more than a blueprint may have", "{" + strings.Repeat("a: 1, ", 3000) + "}", []string{"1:|one more than"}, false},
		{"many entries", "more than a blueprint may have", "journeys:\n" + strings.Repeat("- a\n", 3000), []string{"2002:1:|one more than"}, false},
		{"many entries in brackets", "more than a blueprint may have", "journeys: [" + strings.Repeat("a, ", 3000) + "]", []string{"1:|one more than"}, false},
		{"too large", "over 1 MiB", "version: 1\n#" + strings.Repeat("x", yaml.MaxSize), []string{"1:1: has more than 1048576 bytes"}, false},
	}...)
}

// hoursFile returns a file with hours of these weekdays and holidays, all on line 2: the weekdays begin at column 36.
func hoursFile(open, holidays string) string {
	return "version: 1\nhours: {office: {zone: UTC, open: {" + open + "}, holidays: [" + holidays + "]}}\n"
}

// promiseFile returns a file with the promise answered, with these keys, on line 5: the keys begin at column 31. Its list of
// touchpoints is the last.
func promiseFile(keys string) string {
	return journeys + "  promises: [{name: answered, " + keys + "}]\n" +
		"hours: {office: {zone: UTC, open: {mon-fri: 09:00-17:00}}}\n" + "touchpoints:\n- {name: pay, journey: checkout}\n"
}

func deepLines(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func bomb() string {
	var b strings.Builder
	b.WriteString("a: &a [x,x,x,x,x,x,x,x,x]\n")
	for i := range 9 {
		n := string(rune('a' + i))
		fmt.Fprintf(&b, "%c: &%c [%s]\n", 'b'+i, 'b'+i, strings.TrimSuffix(strings.Repeat("*"+n+",", 9), ","))
	}
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range mistakes() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := yaml.Parse("f", []byte(c.file))
			var invalid *yaml.Error
			if !errors.As(err, &invalid) || got != nil {
				t.Fatalf("Parse = %v, %v, want an *Error: %s", got, err, c.reason)
			}
			if len(invalid.Problems) != len(c.want) && c.name != "alias bomb" {
				t.Fatalf("%d problems, want %d: %s\n%v", len(invalid.Problems), len(c.want), c.reason, err)
			}
			for i, want := range c.want {
				one := yaml.Error{Name: "f", Problems: invalid.Problems[i : i+1]}
				text, _, _ := strings.Cut(one.Error(), "\n")
				start, part, _ := strings.Cut(want, "|")
				if !strings.HasPrefix(text, "f:"+start) || !strings.Contains(text, part) {
					t.Errorf("a problem is\n%s\nwant %s: %s", text, want, c.reason)
				}
			}
			if len(err.Error()) > 1<<20 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// TestForms: other ways to write the same blueprint.
func TestForms(t *testing.T) {
	t.Parallel()
	one := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "a", Description: "b c"}}}
	office := &blueprint.Blueprint{Version: 1, Hours: map[string]blueprint.Hours{"office": {
		Zone:     "UTC",
		Open:     map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}, "sat": {"10:00-12:00"}},
		Holidays: []blueprint.Holiday{{Date: "2026-12-25"}, {Date: "2026-12-24", Open: blueprint.Openings{"09:00-12:00"}}},
	}}}
	for _, c := range []struct {
		name, reason, file string
		want               *blueprint.Blueprint
	}{
		{"plain", "the usual style", "version: 1\njourneys:\n  - name: a\n    description: b c\n", one},
		{"JSON", "YAML is a superset of JSON", `{"version":1,"journeys":[{"name":"a","description":"b c"}]}`, one},
		{"folded", "a text may take several lines", "version: 1\njourneys:\n- name: a\n  description: >-\n    b\n    c\n", one},
		{"quotes", "both kinds", "'version': 1\n\"journeys\": [{name: 'a', description: \"b\\x20c\"}]\n", one},
		{"byte order mark", "Windows writes it", "\ufeffversion: 1\njourneys: [{name: a, description: b c}]\n", one},
		{"Windows lines", "CR and LF", "version: 1\r\njourneys:\r\n- name: a\r\n  description: b c\r\n", one},
		{"document marks", "the marks may surround the only document", "---\nversion: 1\njourneys: [{name: a, description: b c}]\n...\n", one},
		{"empty lists", "an empty list equals a missing one", "version: 1\njourneys: []\ntouchpoints: []\nsurveys: []\nchannels: {}\n", &blueprint.Blueprint{Version: 1}},
		{"hours", "a single opening and a date without openings need no list and no mapping", "version: 1\nhours:\n  office:\n    zone: UTC\n    open:\n      mon-fri: 09:00-17:30\n      sat:\n      - 10:00-12:00\n    holidays:\n    - 2026-12-25\n    - date: 2026-12-24\n      open: 09:00-12:00\n", office},
		{"hours in full", "lists and mappings everywhere, in quotes", `{"version":1,"hours":{"office":{"zone":"UTC","open":{"mon-fri":["09:00-17:30"],"sat":["10:00-12:00"]},"holidays":[{"date":"2026-12-25","open":[]},{"date":"2026-12-24","open":["09:00-12:00"]}]}}}`, office},
		{"hours in brackets", "a colon without a space is part of a text in brackets within braces, too", "version: 1\nhours: {office: {zone: UTC, open: {mon-fri: [09:00-17:30], sat: [ 10:00-12:00 ]}, holidays: [2026-12-25, {date: 2026-12-24, open: [09:00-12:00]}]}}\n", office},
		{"no hours", "an empty mapping equals a missing one", "version: 1\nhours: {}\n", &blueprint.Blueprint{Version: 1}},
		{"no duration", "0s equals a missing duration", "version: 1\njourneys: [{name: a, description: b c, abandon_after: 0s}]\n", one},
		{"colons in brackets", "YAML 1.2.2, section 7.3.3", "version: 1\nsurveys: [{name: a, scale: nps, causes: [b:c:d, 1:2, 'e', f:1 g, http://h]}]\n", &blueprint.Blueprint{Version: 1, Surveys: []blueprint.Survey{{Name: "a", Scale: "nps", Causes: []string{"b:c:d", "1:2", "e", "f:1 g", "http://h"}}}}},
		{"words of YAML 1.1", "no is a word in YAML 1.2", "version: 1\njourneys: [{name: no}]\n", &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "no"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := yaml.Parse("f", []byte(c.file))
			if err != nil {
				t.Fatalf("%s: %v", c.reason, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestLargest: Parse reads a blueprint with the maximum number of names.
func TestLargest(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{Version: 1, Channels: map[string]string{}, Hours: map[string]blueprint.Hours{}}
	for i := range blueprint.MaxNames {
		name := fmt.Sprint("name-", i)
		b.Journeys = append(b.Journeys, blueprint.Journey{
			Name: name, Stages: []blueprint.Stage{{Name: "a"}, {Name: "b", Expect: 1}},
			Promises: []blueprint.Promise{{Name: "p", From: "a", Until: name, Within: blueprint.Within{Days: 1}, Hours: name, Pause: []string{"b"}, Target: 1}},
		})
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: name, Journey: name, Stage: "b", Keeps: []string{"p"}})
		b.Surveys = append(b.Surveys, blueprint.Survey{Name: name, Scale: "nps"})
		b.Channels[name] = "web"
		b.Hours[name] = blueprint.Hours{Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}}
	}
	office := b.Hours["name-0"]
	for i := range calendar.MaxHolidays {
		date := time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		office.Holidays = append(office.Holidays, blueprint.Holiday{Date: date, Open: blueprint.Openings{"09:00-12:00", "13:00-17:00"}})
	}
	b.Hours["name-0"] = office
	b.Zone = "Europe/London"
	for i := range slo.MaxObjectives {
		b.Objectives = append(b.Objectives, blueprint.Objective{Name: fmt.Sprint("name-", i), Touchpoint: fmt.Sprint("name-", i), Target: 0.9, By: []string{"channel"}})
	}
	for i := range slo.MaxExcepted {
		name := fmt.Sprint("name-", i)
		b.Maintenance = append(b.Maintenance, blueprint.Maintenance{Name: name, Open: map[string]blueprint.Openings{"sun": {"02:00-04:00"}}, Objectives: []string{name}})
		if i%2 == 0 {
			b.Maintenance[i].Objectives = nil
		}
	}
	b.Contact = largestContact()
	for i := range b.Touchpoints {
		b.Touchpoints[i].Purpose = fmt.Sprint("name-", i)
	}
	roundTrip(t, b)
}

func roundTrip(t *testing.T, b *blueprint.Blueprint) {
	t.Helper()
	var out bytes.Buffer
	if err := yaml.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Parse("written", out.Bytes())
	if err != nil {
		t.Fatalf("Parse rejects what Write wrote: %v\n%.2000s", err, out.String())
	}
	if diff := cmp.Diff(b, got); diff != "" {
		t.Errorf("(-written +read):\n%s\n%.2000s", diff, out.String())
	}
}
