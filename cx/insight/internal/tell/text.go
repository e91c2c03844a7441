package tell

import (
	"strings"
	"time"
	"unicode"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/number"
)

// Quote returns a text from outside in quotes: a name, or what a person has written. White space becomes one space. U+FFFD replaces a character that is not
// printed, such as one that moves the cursor or turns text around; a quote inside becomes a single one, so that the text does not seem to end there.
func Quote(text string) string { return `"` + Clean(text) + `"` }

// Clean is [Quote] without the quotes.
func Clean(text string) string {
	const joiner = '\u200d' // part of emoji such as families
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r), r == joiner:
			return r
		default:
			return unicode.ReplacementChar
		}
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// When writes a moment for readers, in the zone: "Mon 2 March 2026 09:56".
func When(t time.Time, in *time.Location) string { return t.In(in).Format("Mon 2 January 2006 15:04") }

// Times writes how often: "once", "twice", "3 times".
func Times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	default:
		return number.Count(int64(n)) + " times"
	}
}

// on says where the customer and the company met.
func on(c event.Channel) string {
	switch c {
	case event.Web:
		return " on the web"
	case event.Mobile:
		return " on a mobile device"
	case event.Email:
		return " by email"
	case event.Chat:
		return " in a chat"
	case event.Phone:
		return " by phone"
	case event.IVR:
		return " in the telephone menu"
	case event.Social:
		return " in a social network"
	case event.InPerson:
		return " in person"
	case event.Kiosk:
		return " at a kiosk"
	case event.Post:
		return " by post"
	case event.API:
		return " through the API"
	case event.OtherChannel:
		return " on another channel"
	default:
		return ""
	}
}

// because says why.
func because(cause string) string {
	if cause == "" {
		return ""
	}
	return " because of " + Quote(cause)
}

// named quotes the names, with commas between and "and" before the last one.
func named(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = Quote(n)
	}
	if n := len(quoted) - 1; n > 0 {
		return strings.Join(quoted[:n], ", ") + " and " + quoted[n]
	}
	return strings.Join(quoted, "")
}
