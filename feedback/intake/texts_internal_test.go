package intake //nolint:testpackage // the built-in texts as they are, without those of English in the gaps

import (
	"strings"
	"testing"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
)

// TestBuiltInTexts: each language has each text.
func TestBuiltInTexts(t *testing.T) {
	t.Parallel()
	all, err := builtIn()
	if err != nil || len(all) < 6 {
		t.Fatal(len(all), err)
	}
	english := all[fallback]
	pages := []string{"thanks", "changed", "dismissed"}
	for c := range statuses {
		pages = append(pages, string(c))
	}
	for tag, texts := range all {
		if !isLanguage(tag) {
			t.Errorf("%q is no language", tag)
		}
		for i, f := range texts.fields() {
			if *f == "" || *f != strings.TrimSpace(*f) || !utf8.ValidString(*f) || (tag != fallback && *f == *english.fields()[i] && *f != "Error") {
				t.Errorf("%s: text %d is %q", tag, i, *f)
			}
		}
		for _, scale := range []event.Scale{event.NPS, event.CSAT, event.CES, event.Stars, event.Thumbs} {
			if low, high := texts.ends(scale); low == "" || high == "" || low == high {
				t.Errorf("%s: the ends of %v are %q and %q", tag, scale, low, high)
			}
		}
		for _, page := range pages {
			if n := texts.Pages[page]; n.Heading == "" || n.Text == "" || strings.ContainsAny(n.Heading[len(n.Heading)-1:], ".!?") {
				t.Errorf("%s: the page %s is %+v", tag, page, n)
			}
		}
		if len(texts.Pages) != len(pages) {
			t.Errorf("%s has %d pages, want %d", tag, len(texts.Pages), len(pages))
		}
	}
}

// TestDirections: by Unicode's CLDR, main/…/layout.json, characterOrder.
func TestDirections(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"ar": "rtl", "he": "rtl", "fa": "rtl", "ur": "rtl", "yi": "rtl", "ps": "rtl", "ckb": "rtl", "sd": "rtl", "ug": "rtl", "dv": "rtl", "ar-EG": "rtl", "az-Arab": "rtl", "pa-Arab": "rtl", "az": "ltr", "en": "ltr", "ja": "ltr", "zh-Hant": "ltr", "uz-Latn": "ltr", "ku": "ltr", "xx": "ltr", "he-Latn": "ltr"} {
		if got := dirOf(tag); got != want {
			t.Errorf("%s is %s, want %s", tag, got, want)
		}
	}
}

// TestOwnTexts: what the application does not say in a language is said by the nearest built-in texts.
func TestOwnTexts(t *testing.T) {
	t.Parallel()
	all, err := newTongues(map[string]spoken{
		"de-ch": {"de-CH", Texts{Send: "Abschicken"}}, "fi": {"fi", Texts{Send: "Lähetä"}}, "fr": {"fr", Texts{Pages: map[string]Notice{"thanks": {"Merci bien", "!"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ want, tag, send, no, thanks string }{
		{"de-CH", "de-CH", "Abschicken", "Ich möchte nicht antworten", "Vielen Dank"},
		{"de", "de", "Absenden", "Ich möchte nicht antworten", "Vielen Dank"},
		{"fi", "fi", "Lähetä", "I do not want to answer", "Thank you"},
		{"fr-CA", "fr", "Envoyer", "Je ne souhaite pas répondre", "Merci bien"},
		{"tlh", "en", "Send", "I do not want to answer", "Thank you"},
	} {
		got := all.find(test.want)
		if got.tag != test.tag || got.texts.Send != test.send || got.texts.No != test.no || got.texts.Pages["thanks"].Heading != test.thanks {
			t.Errorf("%s finds %s: %q %q %q", test.want, got.tag, got.texts.Send, got.texts.No, got.texts.Pages["thanks"].Heading)
		}
	}
	if base, err := builtIn(); err != nil || base["fr"].Pages["thanks"].Heading != "Merci" {
		t.Error("the built-in texts are changed")
	}
}
