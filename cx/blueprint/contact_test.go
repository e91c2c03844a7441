package blueprint_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/touchpoint"
)

// TestContactFaults: each fault of a contact policy is named at its place, once, with what to do.
func TestContactFaults(t *testing.T) {
	t.Parallel()
	const day = 24 * 60 * minute
	for _, c := range []struct {
		name, reason string
		change       func(*blueprint.Contact, *blueprint.Blueprint)
		want         []string // "path: a part of the message"
	}{
		{"full", "it uses every field", func(*blueprint.Contact, *blueprint.Blueprint) {}, nil},
		{"the plainest", "only a purpose is required", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			*c = blueprint.Contact{Purposes: []blueprint.Purpose{{Name: "survey"}}}
		}, nil},
		{"at all bounds", "the bounds of package touchpoint", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			c.Wait = blueprint.Duration(touchpoint.MaxContactWait)
			c.Purposes[0].GrantLife = blueprint.Duration(touchpoint.MaxGrantLife)
			c.Purposes[0].Caps = []blueprint.Cap{{Most: touchpoint.MaxCap, Within: blueprint.Duration(touchpoint.MaxCapWindow)}}
		}, nil},
		{"a reserved name", "a leading _ is reserved", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Name = "_x" }, []string{"contact.name: begin with _"}},
		{"a long wait", "a customer waits for it", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Wait = 6 * second }, []string{"contact.wait: is 6s: write a duration from 0s (50ms) to 5s"}},
		{"a negative wait", "no time", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Wait = -1 }, []string{"contact.wait: is -1ns"}},
		{"no purposes", "the policy would refuse everything", func(c *blueprint.Contact, b *blueprint.Blueprint) {
			c.Purposes, c.Caps, b.Touchpoints[4].Purpose = nil, nil, ""
		}, []string{"contact.purposes: are missing: add one at least"}},
		{"a purpose without a name", "a name is required", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[2].Name = "" }, []string{"contact.purposes[2].name: missing"}},
		{"a purpose twice", "it would be ambiguous", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[2].Name = "offer" }, []string{"contact.purposes[2].name: first at contact.purposes[1].name"}},
		{"an unknown channel", "a typing mistake", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			c.Purposes[0].Channels = []string{"emial", "phone"}
		}, []string{`contact.purposes[0].channels[0]: there is no channel "emial"`}},
		{"a channel twice", "a repeated channel is a mistake", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			c.Purposes[1].Channels = []string{"email", "email"}
		}, []string{`contact.purposes[1].channels[1]: occurs twice, first at contact.purposes[1].channels[0]`}},
		{"a cap on another channel", "the purpose may not be used there, so that nothing would count", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[0].Caps[1].Channels = []string{"post"} }, []string{
			"contact.purposes[0].caps[1].channels[0]: counts contacts by post, and the purpose may not be used there",
		}},
		{"a hold without a name", "a name is required", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[1].StoppedBy[0] = "" }, []string{"contact.purposes[1].stopped_by[0]: missing"}},
		{"a hold twice", "a repeated hold is a mistake", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[1].StoppedBy[1] = "complaint" }, []string{"contact.purposes[1].stopped_by[1]: twice"}},
		{"a cap of none", "remove the purpose instead", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[0].Caps[0].Most = 0 }, []string{"contact.purposes[0].caps[0].most: is 0: write the number of contacts that are allowed, 1 to 64"}},
		{"a cap of too many", "the record has no room", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Caps[0].Most = 65 }, []string{"contact.caps[0].most: is 65"}},
		{"a cap without a window", "no time", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Caps[0].Within = 0 }, []string{"contact.caps[0].within: is 0s: write the length of the window"}},
		{"a cap over years", "the record forgets", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[0].Caps[0].Within = 401 * day }, []string{"contact.purposes[0].caps[0].within: at most 400d"}},
		{"one purpose together", "a cap of one purpose is the purpose's", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Caps[0].Purposes = []string{"offer"} }, []string{"contact.caps[0].purposes: names one purpose"}},
		{"no purposes together", "nothing would count", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Caps[0].Purposes = nil }, []string{"contact.caps[0].purposes: names no purpose"}},
		{"an unknown purpose together", "a typing mistake", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Caps[0].Purposes[1] = "ofer" }, []string{`contact.caps[0].purposes[1]: the contact policy has no purpose "ofer": it has ["survey" "offer" "fraud"]: did you mean "offer"?`}},
		{"unknown hours", "a typing mistake", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[0].QuietHours = "alwys" }, []string{`contact.purposes[0].quiet_hours: there are no hours "alwys": the hours are ["always" "office"]: did you mean "always"?`}},
		{"faulty hours", "the problem is that of the hours", func(_ *blueprint.Contact, b *blueprint.Blueprint) {
			h := b.Hours["always"]
			h.Zone = "Local"
			b.Hours["always"] = h
		}, []string{`hours["always"].zone: `}},
		{"a long life", "caps count it meanwhile", func(c *blueprint.Contact, _ *blueprint.Blueprint) { c.Purposes[0].GrantLife = 8 * day }, []string{"contact.purposes[0].grant_life: is 8d: write a duration from 0s (10m) to 7d"}},
		{"caps beyond the record", "the purposes together have to fit", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			c.Purposes[1].Caps = []blueprint.Cap{{Most: 63, Within: day}}
		}, []string{"contact.purposes: its caps allow 65 contacts in their longest windows"}},
		{"a touchpoint for an unknown purpose", "a typing mistake", func(_ *blueprint.Contact, b *blueprint.Blueprint) { b.Touchpoints[4].Purpose = "survy" }, []string{`touchpoints[4].purpose: the contact policy has no purpose "survy": it has ["survey" "offer" "fraud"]: did you mean "survey"?`}},
		{"a touchpoint for a purpose, and no policy", "no contact would be granted", func(_ *blueprint.Contact, b *blueprint.Blueprint) { b.Contact = nil }, []string{`touchpoints[4].purpose: needs the contact policy: add contact with the purpose "survey"`}},
		{"several faults", "each of them is named", func(c *blueprint.Contact, _ *blueprint.Blueprint) {
			c.Name, c.Owner, c.Purposes[0].Description, c.Purposes[2].Owner = "_x", "_y", "\xff", "\x00"
		}, []string{"contact.owner: _y", "contact.name: _x", "contact.purposes[0].description: valid UTF-8", `contact.purposes[2].owner: \x00`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := shop()
			c.change(b.Contact, b)
			checkProblems(t, b.Validate(), c.want, c.reason)
			if policy := b.ContactPolicy(); c.want == nil && policy.Validate() != nil {
				t.Errorf("the policy of a valid blueprint is not valid: %v", policy.Validate())
			}
		})
	}
}

// TestManyContactFaults: the problems of a huge policy are bounded, and found in time that does not grow with the square of it.
func TestManyContactFaults(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{Version: 1, Contact: &blueprint.Contact{}}
	for range 3 * blueprint.MaxNames {
		b.Contact.Purposes = append(b.Contact.Purposes, blueprint.Purpose{Name: "a", Caps: []blueprint.Cap{{}}})
		b.Contact.Caps = append(b.Contact.Caps, blueprint.SharedCap{Most: 1, Within: 1, Purposes: []string{"a", "b"}})
	}
	paths := pathsOf(t, b.Validate())
	for _, path := range []string{"contact.purposes", "contact.caps"} {
		if !slices.Contains(paths, path) {
			t.Errorf("no problem says that there are too many %s", path)
		}
	}
}

// TestContactNames: the names of a blueprint without a policy are none, and its policy refuses every contact.
func TestContactNames(t *testing.T) {
	t.Parallel()
	for _, b := range []*blueprint.Blueprint{nil, {Version: 1}} {
		if p := b.ContactPolicy(); p != nil || b.PurposeNames() != nil || b.Holds() != nil {
			t.Errorf("the policy is %v with %q and %q", p, b.PurposeNames(), b.Holds())
		}
	}
	b := shop()
	b.Contact.Purposes[2].StoppedBy = []string{"dispute", "theft"}
	if got := b.PurposeNames(); !slices.Equal(got, []string{"survey", "offer", "fraud"}) {
		t.Errorf("the purposes are %q", got)
	}
	if got := b.Holds(); !slices.Equal(got, []string{"complaint", "dispute", "theft"}) {
		t.Errorf("the holds are %q", got)
	}
	b.Contact.Name = ""
	if name := b.ContactPolicy().Name(); name != "contacts" {
		t.Errorf("a policy without a name is named %q", name)
	}
}

// drawContact returns a contact policy. A wild one may have every fault, and another one only caps beyond the record.
func drawContact(t *rapid.T, wild bool) *blueprint.Contact {
	some := func(name string, least int, list ...string) []string {
		if wild {
			return rapid.SliceOfN(rapid.SampledFrom(append(list, "", "_x", "x")), 0, 3).Draw(t, name)
		}
		if picked := rapid.SliceOfNDistinct(rapid.SampledFrom(list), least, len(list), rapid.ID).Draw(t, name); len(picked) > 0 {
			return picked
		}
		return nil
	}
	number := func(name string, faulty []int64, list ...int64) int64 {
		if wild {
			list = append(list, faulty...)
		}
		return rapid.SampledFrom(list).Draw(t, name)
	}
	length := func(name string, list ...int64) blueprint.Duration {
		return blueprint.Duration(number(name, []int64{0, -1, math.MaxInt64, math.MinInt64}, list...))
	}
	most := func() int { return int(number("most", []int64{0, -1, 65}, 1, 2, 31)) }
	c := &blueprint.Contact{Wait: length("wait", 0, 1, 5e9)}
	if names := some("policy", 0, "rules"); len(names) > 0 {
		c.Name = names[0]
	}
	purposes := some("purposes", 2, "survey", "offer", "fraud")
	for _, name := range purposes {
		u := blueprint.Purpose{
			Name: name, NeedsConsent: rapid.Bool().Draw(t, "consent"), StoppedBy: some("holds", 0, "complaint", "dispute"), GrantLife: length("life", 0, 1, 3600e9),
			GrantedIfUnknown: rapid.Bool().Draw(t, "unknown"), Channels: some("channels", 0, "email", "phone", "post"),
		}
		if hours := some("quiet", 0, "always"); len(hours) > 0 {
			u.QuietHours = hours[0]
		}
		for range rapid.IntRange(0, 2).Draw(t, "caps") {
			limit := blueprint.Cap{Most: most(), Within: length("window", 1, 3600e9)}
			if len(u.Channels) > 0 {
				limit.Channels = some("channels of a cap", 0, u.Channels...)
			}
			u.Caps = append(u.Caps, limit)
		}
		c.Purposes = append(c.Purposes, u)
	}
	if len(purposes) > 1 && rapid.Bool().Draw(t, "caps together") {
		c.Caps = append(c.Caps, blueprint.SharedCap{Most: most(), Within: length("window together", 1, 3600e9), Purposes: some("purposes together", 2, purposes...)})
	}
	return c
}

// TestContactFromIsTheSame: a valid policy becomes definitions and a blueprint again, and decides the same.
func TestContactFromIsTheSame(t *testing.T) {
	t.Parallel()
	tried := 0
	rapid.Check(t, func(t *rapid.T) {
		b := &blueprint.Blueprint{Version: 1, Contact: drawContact(t, false), Hours: map[string]blueprint.Hours{"always": {Zone: "UTC", Open: map[string]blueprint.Openings{"daily": {"24h"}}}}}
		if b.Validate() != nil {
			return
		}
		tried++
		again, err := blueprint.From(b.Definitions()...)
		if err != nil {
			t.Fatal(err)
		}
		if !b.ContactPolicy().Equal(again.ContactPolicy()) {
			t.Errorf("the policy differs:\n%+v\n%+v", b.Contact, again.Contact)
		}
	})
	if tried < 20 {
		t.Errorf("%d policies were valid, want at least 20", tried)
	}
}
