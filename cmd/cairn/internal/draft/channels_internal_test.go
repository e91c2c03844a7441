package draft

import (
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
)

// TestChannelOf: spellings of ticket systems in English and German, and some that stand for no channel.
func TestChannelOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spellings string
		want      event.Channel
	}{
		{"web WEB Internet Website Web-Form Self-Service Kundenportal", event.Web},
		{"email e-mail E-Mail EMAIL Mail", event.Email},
		{"phone Telefon telephone Anruf call Voice", event.Phone},
		{"chat Chat live-chat", event.Chat},
		{"post Brief letter", event.Post},
		{"in_person in-person In.Person Persönlich walk-in Schalter", event.InPerson},
		{"twitter Facebook social_media", event.Social},
		{"app Android", event.Mobile},
		{"api API", event.API},
		{"other Other", event.OtherChannel},
	} {
		for spelling := range strings.FieldsSeq(c.spellings) {
			if got, known := channelOf(spelling); got != c.want || !known {
				t.Errorf("%q is %v, %v, want %v", spelling, got, known, c.want)
			}
		}
	}
	for _, spelling := range []string{"", "-", "Intern", "monitoring", "webinar", "postponed", "x-email"} {
		if got, known := channelOf(spelling); got != event.OtherChannel || known {
			t.Errorf("%q is %v, %v, and stands for no channel", spelling, got, known)
		}
	}
}

// TestSpellings: a spelling stands for one channel, and is written as it is compared.
func TestSpellings(t *testing.T) {
	t.Parallel()
	of := map[string]event.Channel{}
	for c, list := range spellings {
		for _, s := range list {
			if other, twice := of[s]; twice {
				t.Errorf("%q stands for %v and for %v", s, other, c)
			}
			if of[s] = c; fold(s) != s {
				t.Errorf("%q is compared as %q", s, fold(s))
			}
		}
	}
}
