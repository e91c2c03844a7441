package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/spanrule"
)

// maxUnmatched is how many kinds of spans without a rule the text lists.
const maxUnmatched = 25

// touchpoints counts the spans that match a rule.
func (t *matched) touchpoints() (n int) {
	for i := range t.rules {
		n += t.rules[i].spans
	}
	return n
}

// kinds returns the kinds of spans without a rule, the most frequent first.
func (t *matched) kinds() []spanKind {
	list := slices.Collect(maps.Keys(t.unmatched))
	slices.SortFunc(list, func(a, b spanKind) int {
		return cmp.Or(cmp.Compare(t.unmatched[b], t.unmatched[a]), cmp.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
	return list
}

// text returns the answer for a person.
func (t *matched) text() string {
	var b strings.Builder
	none := t.spans - t.touchpoints() - t.described
	fmt.Fprintf(&b, "%s: %s, %s no rule", count(t.spans, "span"), count(t.touchpoints(), "touchpoint"), verb(none, "matches", "match"))
	if t.described > 0 {
		fmt.Fprintf(&b, ", %s Cairn's own", verb(t.described, "is", "are"))
	}
	b.WriteString("\n\n")
	t.table(&b)
	t.none(&b)
	for _, note := range t.notes() {
		b.WriteString(wrap("- ", note, 96))
	}
	return b.String()
}

func verb(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// table writes what becomes of the spans of each rule.
func (t *matched) table(b *strings.Builder) {
	tab := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "TOUCHPOINT\tRULE\tSPANS\tRUNS\tOK\tFAILED\tCANCELLED\tOTHER\tNO CASE")
	for i := range t.rules {
		r := &t.rules[i]
		if r.spans == 0 {
			continue
		}
		runs := "-"
		if r.rule.Journey != "" {
			runs = strconv.Itoa(len(r.runs))
		}
		_, _ = fmt.Fprintf(tab, "%s\t%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\n", oneCell(r.rule.Touchpoint), oneCell(conditionsOf(&r.rule)), r.spans, runs,
			r.outcomes[event.OK], r.outcomes[event.Failed], r.outcomes[event.Cancelled], r.outcomes[event.Degraded]+r.outcomes[event.Abandoned], r.unplaced)
	}
	_ = tab.Flush()
	b.WriteString("\n")
}

// oneCell returns the text without what would end a cell of a table, at most 60 letters of it.
func oneCell(text string) string {
	const most = 60
	text = strings.NewReplacer("\t", " ", "\n", " ", "\v", " ", "\f", " ").Replace(text)
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// conditionsOf returns what a span has to meet.
func conditionsOf(r *spanrule.Rule) string {
	var said []string
	if r.Kind != 0 {
		said = append(said, r.Kind.String())
	}
	if r.Span != "" {
		said = append(said, r.Span)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
		said = append(said, key+"="+r.Attributes[key])
	}
	return strings.Join(said, " ")
}

// none writes the spans that match no rule.
func (t *matched) none(b *strings.Builder) {
	list := t.kinds()
	if len(list) == 0 {
		return
	}
	b.WriteString("Spans that match no rule:\n\n")
	tab := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "SPANS\tKIND\tNAME")
	rest := t.more
	for i, k := range list {
		if i >= maxUnmatched {
			rest += t.unmatched[k]
			continue
		}
		_, _ = fmt.Fprintf(tab, "%d\t%s\t%s\n", t.unmatched[k], k.kind, oneCell(k.name))
	}
	if rest > 0 {
		_, _ = fmt.Fprintf(tab, "%d\t\tof further names: see --json\n", rest)
	}
	_ = tab.Flush()
	b.WriteString("\n")
}

// notes say what a person should look at.
func (t *matched) notes() (list []string) {
	if t.spans == 0 {
		return []string{"There is no span in the input. Its form is OTLP JSON, with resourceSpans: the file exporter of a collector writes it (format: json). " +
			"The console exporter of an SDK and the download of Jaeger write other forms."}
	}
	starts := map[string]bool{}
	for i := range t.rules {
		starts[t.rules[i].rule.Journey] = starts[t.rules[i].rule.Journey] || t.rules[i].rule.Starts
	}
	names := make([]string, 0, len(t.unmatched))
	for _, k := range t.kinds() {
		names = append(names, k.name)
	}
	for i := range t.rules {
		r := &t.rules[i]
		switch {
		case r.spans == 0 && r.already == 0:
			note := fmt.Sprintf("No span matches %s of %q (%s).", r.place, r.rule.Touchpoint, conditionsOf(&r.rule))
			if near := blueprint.Suggest(r.rule.Span, names[:min(len(names), blueprint.MaxNames)]); r.rule.Span != "" && near != "" {
				note += fmt.Sprintf(" There is a span %q.", near)
			}
			list = append(list, note)
		case r.unplaced > 0 && r.rule.Case.Baggage != "":
			list = append(list, fmt.Sprintf("%s of %q has the ID of the run in baggage, which is in no file of spans: the service knows it.", r.place, r.rule.Touchpoint))
		case r.unplaced > 0:
			list = append(list, fmt.Sprintf("%s no ID of the run in %s: %s of %q. Such a span is in no journey. Set the attribute in the service, or name another one as case.",
				verb(r.unplaced, "span has", "spans have"), r.rule.Case, r.place, r.rule.Touchpoint))
		}
		if r.already > 0 {
			list = append(list, fmt.Sprintf("%s of %q is not applied to %s already, because the service applies rules or has a touchpoint.Handler.",
				r.place, r.rule.Touchpoint, verb(r.already, "further span that is a touchpoint", "further spans that are touchpoints")))
		}
		if r.refused > 0 {
			list = append(list, fmt.Sprintf("%s an ID of the run that is not 1 to %d bytes of printable UTF-8: %s of %q. Such a span is in no journey.",
				verb(r.refused, "span has", "spans have"), event.MaxID, r.place, r.rule.Touchpoint))
		}
		if r.noID > 0 {
			list = append(list, fmt.Sprintf("%s no valid IDs of trace and span: %s of %q. A redelivery would count twice.", verb(r.noID, "span has", "spans have"), r.place, r.rule.Touchpoint))
		}
	}
	for _, j := range slices.Sorted(maps.Keys(starts)) {
		if j != "" && !starts[j] {
			list = append(list, fmt.Sprintf("No rule starts the journey %q: only code does. Add starts: true to the rule of its first touchpoint.", j))
		}
	}
	return list
}

// matchedJSON is the answer as JSON.
type matchedJSON struct {
	Spans       int           `json:"spans"`
	Touchpoints int           `json:"touchpoints"`
	Described   int           `json:"described"`
	Rules       []matchedRule `json:"rules"`
	Unmatched   []matchedNone `json:"unmatched"`
	MoreSpans   int           `json:"more_unmatched_spans"`
	Notes       []string      `json:"notes"`
}

type matchedRule struct {
	Place       string         `json:"place"`
	Touchpoint  string         `json:"touchpoint"`
	Journey     string         `json:"journey,omitempty"`
	Conditions  string         `json:"conditions"`
	Spans       int            `json:"spans"`
	Runs        int            `json:"runs"`
	WithoutCase int            `json:"without_case"`
	Already     int            `json:"already"`
	Outcomes    map[string]int `json:"outcomes"`
}

type matchedNone struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Spans int    `json:"spans"`
}

func (t *matched) json() matchedJSON {
	out := matchedJSON{
		Spans: t.spans, Touchpoints: t.touchpoints(), Described: t.described, MoreSpans: t.more,
		Rules: []matchedRule{}, Unmatched: []matchedNone{}, Notes: append([]string{}, t.notes()...),
	}
	for i := range t.rules {
		r := &t.rules[i]
		row := matchedRule{
			Place: r.place, Touchpoint: r.rule.Touchpoint, Journey: r.rule.Journey, Conditions: conditionsOf(&r.rule),
			Spans: r.spans, Runs: len(r.runs), WithoutCase: r.unplaced, Already: r.already, Outcomes: map[string]int{},
		}
		for o, n := range r.outcomes {
			if n > 0 {
				row.Outcomes[event.Outcome(o).String()] = n
			}
		}
		out.Rules = append(out.Rules, row)
	}
	for _, k := range t.kinds() {
		out.Unmatched = append(out.Unmatched, matchedNone{k.name, k.kind.String(), t.unmatched[k]})
	}
	return out
}
