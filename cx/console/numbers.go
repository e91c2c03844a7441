package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// WithNumbers says how pages write numbers for a reader whose browser names no language that is known (Accept-Language), and whose address has none (numbers=de). Texts are English for
// all readers. Default: as English does.
func WithNumbers(locale number.Locale) Option {
	return option(func(c *config) error {
		c.numbers = locale
		return nil
	})
}

// parseNumbers reads how numbers are written from an address.
func (f *filter) parseNumbers(tag string) error {
	if tag == "" {
		return nil
	}
	locale, ok := number.ParseLocale(tag)
	if !ok {
		return fmt.Errorf("%w: numbers=%.64q: give a language, or a language and a region, such as de or en-IN", errAddress, tag)
	}
	f.Numbers = locale.String()
	return nil
}

// locale is how the reader writes numbers: as the address says, or the browser, or the application.
func (v *visit) locale() number.Locale {
	if l, ok := number.ParseLocale(v.filter.Numbers); ok {
		return l
	}
	if l, ok := number.AcceptedLocale(strings.Join(v.r.Header.Values("Accept-Language"), ",")); ok {
		return l
	}
	return v.c.cfg.numbers
}

// readLocale reads how the reader writes numbers. Where it is not as English does, names are remembered that have numbers: those of the blueprint, of the columns and of the address first.
func (v *visit) readLocale() {
	if v.numbers = v.locale(); v.numbers.English() {
		return
	}
	v.names = &names{}
	ctx := context.WithValue(v.r.Context(), namesKey{}, v.names)
	v.r = v.r.WithContext(ctx)
	query := v.r.URL.Query()
	for _, value := range []any{v.c.table.Blueprint(), v.c.table.Columns(), v.r.URL.Path, query} {
		remember(ctx, value)
	}
}

// own is a filter that has the reader's choices alone, which go with the reader to a page about something else.
func (f *filter) own() filter { return filter{Days: defaultDays, Zone: f.Zone, Numbers: f.Numbers} }

// answersBy are the parameters that answers depend on.
func (f filter) answersBy() url.Values {
	f.Numbers = ""
	return f.query()
}

// readerForm is the form at the foot of a page in which a reader chooses the zone of times and how numbers are written.
type readerForm struct {
	Action string
	Kept   []kept
	// Zone is that of the address, and Usual the one of an address that has none.
	Zone, Usual string
	Numbers     []choice
}

// offered are locales that write numbers in the ways of most.
var offered = []string{"en", "en-IN", "de", "fr", "de-CH"}

// sample is what the form shows of a locale.
const sample = "1,234,567.8 · 12.3%"

func (v *visit) readerForm() *readerForm {
	f := &readerForm{Action: v.r.URL.EscapedPath(), Usual: v.zone.String()}
	if v.filter.Zone != nil {
		f.Zone = v.filter.Zone.String()
	}
	query := v.r.URL.Query()
	for _, name := range []string{"zone", "numbers", "done"} {
		query.Del(name)
	}
	for _, name := range sortedNames(query) {
		for _, value := range query[name] {
			f.Kept = append(f.Kept, kept{name, value})
		}
	}
	list := offered
	if now := v.filter.Numbers; now != "" && !slices.Contains(list, now) {
		list = append(slices.Clone(list), now)
	}
	f.Numbers = []choice{{Value: "", Name: "as your browser says", On: v.filter.Numbers == ""}}
	for _, tag := range list {
		l, _ := number.ParseLocale(tag)
		f.Numbers = append(f.Numbers, choice{tag, l.Rewrite(sample, nil), tag == v.filter.Numbers})
	}
	return f
}
