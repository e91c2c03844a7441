package draft

import (
	"slices"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// spellings are how ticket systems and shops name channels, in English and German, in lower case and without anything but letters and digits.
var spellings = map[event.Channel][]string{
	event.Web: {
		"internet", "website", "webseite", "webform", "webformular", "webportal", "online", "onlineform", "onlineformular", "onlineportal", "onlineshop",
		"portal", "kundenportal", "customerportal", "selfservice", "selfserviceportal", "homepage", "helpcenter", "browser",
	},
	event.Mobile:   {"app", "mobileapp", "mobil", "ios", "android", "iphone", "smartphone"},
	event.Email:    {"email", "emails", "mail", "emailnachricht", "epost", "inboundemail"},
	event.Chat:     {"livechat", "webchat", "chatbot", "chatnachricht", "whatsapp", "messenger"},
	event.Phone:    {"telephone", "telefon", "telefonisch", "telefonat", "tel", "call", "phonecall", "inboundcall", "anruf", "hotline", "voice"},
	event.IVR:      {"sprachcomputer", "voicebot", "sprachdialog"},
	event.Social:   {"socialmedia", "sozialemedien", "twitter", "facebook", "instagram", "linkedin"},
	event.InPerson: {"inperson", "persönlich", "persoenlich", "vorort", "walkin", "desk", "counter", "schalter", "filiale", "branch", "store", "onsite"},
	event.Kiosk:    {"terminal", "selfservicekiosk"},
	event.Post:     {"letter", "brief", "postal", "postalmail", "briefpost", "papier", "paper"},
	event.API:      {"webservice", "schnittstelle", "rest"},
}

// channelOf returns the channel that a spelling probably stands for, and false if it is not known.
func channelOf(spelling string) (event.Channel, bool) {
	if c, ok := (*blueprint.Blueprint)(nil).Channel(spelling); ok {
		return c, true
	}
	folded := fold(spelling)
	for c := event.Web; c <= event.OtherChannel; c++ {
		if slices.Contains(spellings[c], folded) || folded == fold(c.String()) {
			return c, true
		}
	}
	return event.OtherChannel, false
}
