package blueprint_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestMaintenanceApplies: which objectives each maintenance excludes events of.
func TestMaintenanceApplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		maintenance  blueprint.Maintenance
		want         []string
	}{
		{"all", "no list", blueprint.Maintenance{}, []string{"checkout-completes", "payment-feels-fast", "customers-satisfied", "orders-answered", "order-shipped"}},
		{"a journey", "its ends, its touchpoint and its survey", blueprint.Maintenance{Journeys: []string{"checkout"}}, []string{"checkout-completes", "payment-feels-fast", "customers-satisfied"}},
		{"a journey with promises", "declared and implied ones", blueprint.Maintenance{Journeys: []string{"order"}}, []string{"orders-answered", "order-shipped"}},
		{"an objective", "that one", blueprint.Maintenance{Objectives: []string{"payment-feels-fast"}}, []string{"payment-feels-fast"}},
		{"the objective of a target", "it has a name, too", blueprint.Maintenance{Objectives: []string{"order-shipped"}}, []string{"order-shipped"}},
		{"both", "one is enough", blueprint.Maintenance{Journeys: []string{"order"}, Objectives: []string{"payment-feels-fast"}}, []string{"payment-feels-fast", "orders-answered", "order-shipped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := buying()
			c.maintenance.Name, c.maintenance.From, c.maintenance.Until = "move", "2026-07-01 22:00", "2026-07-02"
			b.Maintenance = []blueprint.Maintenance{c.maintenance}
			if err := b.Validate(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range b.AllObjectives() {
				if len(o.Maintenance) == 0 {
					continue
				}
				got = append(got, o.Name)
				from, until := time.Date(2026, time.July, 1, 21, 0, 0, 0, time.UTC), time.Date(2026, time.July, 1, 23, 0, 0, 0, time.UTC) // London is an hour ahead
				if want := (calendar.Maintenance{Name: "move", From: from, Until: until}); len(o.Maintenance) != 1 || !o.Maintenance[0].Equal(want) {
					t.Errorf("the maintenance of %s is %v, want %v", o.Name, o.Maintenance, want)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("it applies to %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestPromisesInMaintenance: which promises a maintenance moves, and that the definition of one in Go is the same.
func TestPromisesInMaintenance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		maintenance  blueprint.Maintenance
		want         []string
	}{
		{"all", "no list", blueprint.Maintenance{}, []string{"answered", "shipped", "whole"}},
		{"its journey", "all of its promises", blueprint.Maintenance{Journeys: []string{"order"}}, []string{"answered", "shipped", "whole"}},
		{"another journey", "none", blueprint.Maintenance{Journeys: []string{"checkout"}}, nil},
		{"an objective on a promise", "that promise", blueprint.Maintenance{Objectives: []string{"orders-answered"}}, []string{"answered"}},
		{"the objective of a target", "that promise", blueprint.Maintenance{Objectives: []string{"order-shipped"}}, []string{"shipped"}},
		{"an objective on something else", "none", blueprint.Maintenance{Objectives: []string{"payment-feels-fast"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := buying()
			c.maintenance.Name, c.maintenance.From, c.maintenance.Until = "move", "2026-07-01 22:00", "2026-07-02"
			b.Maintenance = []blueprint.Maintenance{c.maintenance}
			if err := b.Validate(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for p := range b.Journey("order").Promises() {
				if len(p.Maintenance) > 0 {
					got = append(got, p.Name)
				}
				made := time.Date(2026, time.July, 1, 22, 0, 0, 0, time.UTC).Add(-p.Within)
				if moved := p.Due(made).Sub(made) - p.Within; moved != 0 && moved != time.Hour || (moved != 0) != (len(p.Maintenance) > 0) {
					t.Errorf("the due time of %s moves by %v", p.Name, moved)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("it moves %q, want %q: %s", got, c.want, c.reason)
			}
			without := buying().Journey("order")
			if with := b.Journey("order"); !with.Equal(without) {
				t.Error("a service whose code does not know of the maintenance has another journey")
			}
		})
	}
}

// TestFromRefusesMaintenance: a blueprint cannot say it of one promise alone.
func TestFromRefusesMaintenance(t *testing.T) {
	t.Parallel()
	m := calendar.Maintenance{Name: "m", From: time.Unix(0, 0), Until: time.Unix(1, 0)}
	_, err := blueprint.From(journey.Define("claim", journey.Promise("answered", time.Hour, journey.Maintenance(m))))
	checkProblems(t, err, []string{`definitions[0]: the promise "answered" has a maintenance`}, "it would be lost")
}

func TestMaintenanceFaults(t *testing.T) {
	t.Parallel()
	sunday := map[string]blueprint.Openings{"sun": {"02:00-04:00"}}
	for _, c := range []struct {
		name, reason string
		maintenance  blueprint.Maintenance
		change       func(*blueprint.Blueprint)
		want         []string
	}{
		{"once", "two moments", blueprint.Maintenance{From: "2026-12-24 22:00", Until: "2026-12-25 06:00"}, nil, nil},
		{"two dates", "their beginnings", blueprint.Maintenance{From: "2026-12-24", Until: "2026-12-25"}, nil, nil},
		{"every Sunday", "an opening", blueprint.Maintenance{Zone: "Europe/Berlin", Open: sunday}, nil, nil},
		{"every Sunday of a year", "both", blueprint.Maintenance{Open: sunday, From: "2026-01-01", Until: "2027-01-01"}, nil, nil},
		{"for some", "a journey and an objective", blueprint.Maintenance{Open: sunday, Journeys: []string{"order"}, Objectives: []string{"payment-feels-fast", "order-shipped"}}, nil, nil},
		{"no time", "when", blueprint.Maintenance{}, nil, []string{"maintenance[0].from: is missing", "maintenance[0].until: is missing"}},
		{"no end", "it would last for ever", blueprint.Maintenance{From: "2026-12-24 22:00"}, nil, []string{"maintenance[0].until: is missing"}},
		{"no date", "an American form", blueprint.Maintenance{From: "12/24/2026 22:00", Until: "2026-12-25"}, nil, []string{`maintenance[0].from: "12/24/2026 22:00" is no date and time: write year-month-day`}},
		{"backwards", "no time at all", blueprint.Maintenance{From: "2026-12-25", Until: "2026-12-24 22:00"}, nil, []string{"maintenance[0].until: is not after the beginning"}},
		{"two years", "a typing mistake in the year", blueprint.Maintenance{From: "2026-12-24", Until: "2028-12-25"}, nil, []string{"maintenance[0].until: lasts 732 days"}},
		{"no zone", "22:00 where", blueprint.Maintenance{Open: sunday}, func(b *blueprint.Blueprint) { b.Zone = "" }, []string{"maintenance[0].zone: the zone is missing: add one here"}},
		{"an unknown zone", "a typing mistake", blueprint.Maintenance{Open: sunday, Zone: "Europe/Lodnon"}, nil, []string{`maintenance[0].zone: "Europe/Lodnon"`}},
		{"an unknown zone of the file", "one mistake, one problem", blueprint.Maintenance{From: "2026-12-24", Until: "2026-12-25"}, func(b *blueprint.Blueprint) { b.Zone = "X" }, []string{`zone: "X"`}},
		{"a faulty opening", "the calendar's problem", blueprint.Maintenance{Open: map[string]blueprint.Openings{"sun": {"2-4"}}}, nil, []string{`maintenance[0].open["sun"][0]: "2-4" is no opening`}},
		{"always", "nothing would count", blueprint.Maintenance{Open: map[string]blueprint.Openings{"daily": {"24h"}}}, nil, []string{"maintenance[0].open: never end"}},
		{"a faulty name", "it is in reports", blueprint.Maintenance{Name: "_x", Open: sunday}, nil, []string{"maintenance[0].name: not a valid name"}},
		{"a long description", "8 KiB and a byte", blueprint.Maintenance{Description: strings.Repeat("x", event.MaxText+1), Open: sunday}, nil, []string{"maintenance[0].description: 8193 bytes"}},
		{"an unknown journey", "a typing mistake", blueprint.Maintenance{Open: sunday, Journeys: []string{"ordr"}}, nil, []string{`maintenance[0].journeys[0]: there is no journey "ordr": the journeys are ["checkout" "order" "endless"]: did you mean "order"?`}},
		{"a journey twice", "once is enough", blueprint.Maintenance{Open: sunday, Journeys: []string{"order", "order"}}, nil, []string{"maintenance[0].journeys[1]: twice"}},
		{"an unknown objective", "a typing mistake", blueprint.Maintenance{Open: sunday, Objectives: []string{"order-shiped"}}, nil, []string{`maintenance[0].objectives[0]: there is no objective "order-shiped"`}},
		{"an objective twice", "once is enough", blueprint.Maintenance{Open: sunday, Objectives: []string{"order-shipped", "order-shipped"}}, nil, []string{"maintenance[0].objectives[1]: twice"}},
		{"a composite", "it counts nothing", blueprint.Maintenance{Open: sunday, Objectives: []string{"buying"}}, nil, []string{`maintenance[0].objectives[0]: "buying" is a composite`}},
		{"one name twice", "reports name it", blueprint.Maintenance{Open: sunday}, func(b *blueprint.Blueprint) { b.Maintenance = append(b.Maintenance, b.Maintenance[0]) }, []string{"maintenance[1].name: twice, first at maintenance[0].name"}},
		{"weekdays and the weekend", "nothing would count", blueprint.Maintenance{Open: map[string]blueprint.Openings{"mon-fri": {"24h"}}}, func(b *blueprint.Blueprint) {
			b.Maintenance = append(b.Maintenance, blueprint.Maintenance{Name: "n", Open: map[string]blueprint.Openings{"sat-sun": {"24h"}}})
		}, []string{"maintenance: leaves no time"}},
		{"weekdays and the weekend of different journeys", "each has time", blueprint.Maintenance{Journeys: []string{"order"}, Open: map[string]blueprint.Openings{"mon-fri": {"24h"}}}, func(b *blueprint.Blueprint) {
			b.Maintenance = append(b.Maintenance, blueprint.Maintenance{Name: "n", Journeys: []string{"checkout"}, Open: map[string]blueprint.Openings{"sat-sun": {"24h"}}})
		}, nil},
		{"as many as there may be", "nearly all the time together", blueprint.Maintenance{Open: map[string]blueprint.Openings{"mon-fri": {"24h"}}}, func(b *blueprint.Blueprint) {
			for i := range 99 {
				b.Maintenance = append(b.Maintenance, blueprint.Maintenance{Name: "m" + strconv.Itoa(i), Open: map[string]blueprint.Openings{"sat-sun": {"24h"}}})
			}
		}, []string{"maintenance: leaves no time"}},
		{"too many", "each event asks all", blueprint.Maintenance{Open: sunday}, func(b *blueprint.Blueprint) { b.Maintenance = slices.Repeat(b.Maintenance, 101) }, []string{"maintenance: has 101 entries"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := buying()
			if c.maintenance.Name == "" {
				c.maintenance.Name = "m"
			}
			b.Maintenance = []blueprint.Maintenance{c.maintenance}
			if c.change != nil {
				c.change(b)
			}
			checkProblems(t, b.Validate(), c.want, c.reason)
		})
	}
}
