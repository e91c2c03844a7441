package touchpoint_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// TestContactTerms: the terms are what the options gave, and the caller may change them.
func TestContactTerms(t *testing.T) {
	t.Parallel()
	night := calendar.Define("night", calendar.Zone("UTC"), calendar.Open("daily", "21:00-08:00"))
	p := touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("offer", touchpoint.OnlyOn(event.Email, event.Phone), touchpoint.NeedsConsent(), touchpoint.Cap(2, week, event.Phone), touchpoint.Cap(3, week),
			touchpoint.QuietHours(night), touchpoint.StoppedBy("complaint", "dispute"), touchpoint.GrantLife(time.Hour), touchpoint.GrantedIfUnknown()),
		touchpoint.Purpose("fraud"),
		touchpoint.CapTogether(4, week, "offer", "fraud"),
		touchpoint.ContactWait(time.Second))
	want := []touchpoint.ContactTerms{
		{
			Name: "offer", Channels: []event.Channel{event.Email, event.Phone}, Consent: true,
			Caps:  []touchpoint.ContactCap{{Most: 2, Within: week, Channels: []event.Channel{event.Phone}}, {Most: 3, Within: week}},
			Quiet: night, Stops: []string{"complaint", "dispute"}, Life: time.Hour, Unchecked: true,
		},
		{Name: "fraud", Life: 10 * time.Minute},
	}
	together := []touchpoint.ContactCap{{Most: 4, Within: week, Purposes: []string{"offer", "fraud"}}}
	for range 2 {
		got, caps := p.Terms(), p.Together()
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(caps, together) || p.Wait() != time.Second {
			t.Fatalf("the terms are %+v, %+v, %v", got, caps, p.Wait())
		}
		got[0].Channels[0], got[0].Stops[0], got[0].Caps[0].Channels[0], caps[0].Purposes[0] = 0, "", 0, ""
	}
	var none *touchpoint.ContactPolicy
	if none.Terms() != nil || none.Together() != nil || none.Wait() != 0 {
		t.Error("a nil policy has terms")
	}
}

// TestPurposeOfATouchpoint: the purpose is a part of what a touchpoint is, and has to be a name.
func TestPurposeOfATouchpoint(t *testing.T) {
	t.Parallel()
	plain, survey := touchpoint.Define("mail"), touchpoint.Define("mail", touchpoint.For("survey"))
	if plain.Purpose() != "" || survey.Purpose() != "survey" || (*touchpoint.Definition)(nil).Purpose() != "" {
		t.Errorf("the purposes are %q and %q", plain.Purpose(), survey.Purpose())
	}
	if plain.Equal(survey) || survey.Equal(plain) || !survey.Equal(touchpoint.Define("mail", touchpoint.For("survey"))) || !plain.Equal(touchpoint.Define("mail", touchpoint.For(""))) {
		t.Error("Equal does not know the purpose")
	}
	if err := touchpoint.Define("mail", touchpoint.For("_x")).Validate(); err == nil || !strings.Contains(err.Error(), `For names the purpose "_x"`) {
		t.Errorf("Validate returns %v, want that the purpose is no name", err)
	}
}
