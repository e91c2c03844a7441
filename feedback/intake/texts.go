package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	_ "embed" // for the texts

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// Texts are the texts of the page and the widget in one language. A field that is empty is that of the built-in texts.
type Texts struct {
	// Title heads a page whose survey has no text of its own. Error begins the title of a page with a mistake, Problem heads the mistakes,
	// and Choose says that a score is missing.
	Title, Error, Problem, Choose string
	// Causes asks for the choices of the survey, Comment for the customer's own words; Hint says what not to write there. Optional marks both.
	Causes, Optional, Comment, Hint string
	// Send, Change, No and Close are the buttons: to send an answer, to change one, to refuse, and to close the widget. Again says that an
	// answer replaces an earlier one.
	Send, Change, No, Close, Again string
	// Low and High say what the lowest and the highest score mean, by the name of the scale, such as "csat".
	Low, High map[string]string
	// Pages are what pages without a form say, by their name: "thanks", "changed", "dismissed", and each code of the package's comment.
	Pages map[string]Notice
}

// Notice is what a page without a form says.
type Notice struct{ Heading, Text string }

//go:embed texts.json
var builtInTexts []byte

// builtIn returns the built-in texts by language. They are read once, when the first handler is made.
var builtIn = sync.OnceValues(func() (map[string]Texts, error) {
	var all map[string]Texts
	if err := json.Unmarshal(builtInTexts, &all); err != nil {
		return nil, fmt.Errorf("intake: texts.json: %w", err)
	}
	return all, nil
})

// fallback is the language of the texts that a language does not have.
const fallback = "en"

// over returns the texts with those of base where they are empty.
func (t *Texts) over(base *Texts) Texts {
	own := *t
	fields, of := own.fields(), base.fields()
	for i, f := range fields {
		if *f == "" {
			*f = *of[i]
		}
	}
	own.Low, own.High, own.Pages = merged(base.Low, t.Low), merged(base.High, t.High), merged(base.Pages, t.Pages)
	return own
}

func (t *Texts) fields() []*string {
	return []*string{
		&t.Title, &t.Error, &t.Problem, &t.Choose, &t.Causes, &t.Optional, &t.Comment, &t.Hint, &t.Send, &t.Change, &t.No, &t.Close, &t.Again,
	}
}

func merged[V any](base, own map[string]V) map[string]V {
	all := maps.Clone(base)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, own)
	return all
}

// line returns the notice as one line.
func (n Notice) line(lang string) string {
	if stop := "。"; strings.HasPrefix(lang, "ja") || strings.HasPrefix(lang, "zh") {
		return n.Heading + stop + n.Text
	}
	return n.Heading + ". " + n.Text
}

// languagePattern is compiled when it is needed: importing a package does no work.
var languagePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(feedback.LanguagePattern) })

func isLanguage(tag string) bool {
	return len(tag) <= feedback.MaxLanguage && languagePattern().MatchString(tag)
}

// tongue is a language in which there are texts.
type tongue struct {
	tag, dir string
	texts    Texts
}

// tongues finds the texts of a language. Safe for concurrent use.
type tongues struct {
	list    []tongue // English first
	matcher language.Matcher
}

// newTongues returns the built-in texts with the application's own ones over them. The keys of own are in lower case.
func newTongues(own map[string]spoken) (*tongues, error) {
	all, err := builtIn()
	if err != nil {
		return nil, err
	}
	english, ok := all[fallback]
	if !ok {
		return nil, errors.New("intake: texts.json has no English texts")
	}
	tags := map[string]Texts{}
	for tag := range all {
		tags[tag] = all[tag]
	}
	for _, o := range own {
		base := english
		if b, ok := all[strings.ToLower(o.tag)]; ok {
			base = b
		} else if b, ok := all[primary(o.tag)]; ok {
			base = b
		}
		tag := o.tag
		if _, ok := all[strings.ToLower(tag)]; ok {
			tag = strings.ToLower(tag)
		}
		tags[tag] = o.texts.over(&base)
	}
	order := slices.SortedFunc(maps.Keys(tags), func(a, b string) int {
		if (a == fallback) != (b == fallback) {
			return map[bool]int{true: -1, false: 1}[a == fallback]
		}
		return strings.Compare(a, b)
	})
	t := &tongues{}
	parsed := make([]language.Tag, len(order))
	for i, tag := range order {
		t.list = append(t.list, tongue{tag: tag, dir: dirOf(tag), texts: tags[tag]})
		parsed[i] = language.Make(tag)
	}
	t.matcher = language.NewMatcher(parsed)
	return t, nil
}

// primary returns the language without script and region.
func primary(tag string) string {
	first, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return first
}

// find returns the texts for the best of the preferences: tags, or lists as in the header Accept-Language.
func (t *tongues) find(preferred ...string) *tongue {
	_, i := language.MatchStrings(t.matcher, preferred...)
	return &t.list[i]
}

// rightToLeft has the scripts that are written from right to left, by ISO 15924, as far as Unicode has languages of today for them.
const rightToLeft = "Adlm Arab Hebr Mand Mend Nkoo Rohg Samr Syrc Thaa Yezi"

// dirOf returns the direction in which the language is written.
func dirOf(tag string) string {
	if script, confidence := language.Make(tag).Script(); confidence != language.No && strings.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// ends returns what the lowest and the highest score of the scale mean.
func (t *Texts) ends(s event.Scale) (low, high string) { return t.Low[s.String()], t.High[s.String()] }
