package console

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// maxHits bounds the runs and customers in the address of a list of hits.
const maxHits = insight.MaxNear

// hitsLink is the address of a list of hits. It has runs and pseudonyms, and never what the reader has typed.
func (v *visit) hitsLink(h hits) string {
	q := v.filter.query()
	for i := range h.Runs[:min(len(h.Runs), maxHits)] {
		if text := runText(h.Runs[i]); len(text) <= maxText { // a longer one has hundreds of slashes
			q.Add("run", text)
		}
	}
	for _, hash := range h.Customers {
		q.Add("customer", hash)
	}
	if h.Near {
		q.Set("near", "true")
	}
	return v.c.path("hits") + "?" + q.Encode()
}

// hit is a line of the list.
type hit struct{ Name, What, Link string }

// hitsPage lists what may be meant by a search.
func hitsPage(v *visit) (*page, error) {
	q := v.r.URL.Query()
	if len(q["run"])+len(q["customer"]) > 2*maxHits {
		return nil, fmt.Errorf("%w: it has more than %d hits", errAddress, 2*maxHits)
	}
	if !v.may(insight.Customers) {
		return nil, &insight.DeniedError{Question: "Find", Right: insight.Customers}
	}
	var list []hit
	for _, text := range q["run"] {
		ref, err := parseRun(text)
		if err != nil {
			return nil, err
		}
		found, err := direct(v.r.Context(), v, func(ctx context.Context) ([]event.RunRef, error) { return v.view.Find(ctx, ref) })
		if errors.Is(err, insight.ErrNotFound) {
			continue // it was erased since: the others are still what was meant
		}
		if err != nil {
			return nil, err
		}
		list = append(list, hit{found[0].ID, found[0].Name, v.runLink(found[0])})
	}
	for _, hash := range q["customer"] {
		list = append(list, hit{shortHash(hash), "customer", v.link("customers/" + segments(hash))})
	}
	if len(list) == 0 && len(q["run"]) > 0 {
		return nil, errNothingFound
	}
	p := &page{name: "runs", title: "Which one?", note: "Several may be meant."}
	switch near := q.Get("near") == "true"; {
	case near && len(list) == 1:
		p.title, p.note = "Did you mean this one?", "No run has exactly this ID. One has another form of it."
	case near:
		p.note = "No run has exactly this ID. These have another form of it."
	}
	p.sections = []section{ready("hits", "Found", "hits", list)}
	return p, nil
}

// runSigns are the signs that have a backslash before them in the parts of a run.
var runSigns = strings.NewReplacer(`\`, `\\`, `/`, `\/`)

// runText writes a run as a parameter of an address: a namespace, a journey and an ID with slashes between them. A slash or a backslash in one of them has a backslash before it.
func runText(r event.RunRef) string {
	return runSigns.Replace(r.Namespace) + "/" + runSigns.Replace(r.Name) + "/" + runSigns.Replace(r.ID)
}

// parseRun reads what runText writes.
func parseRun(text string) (event.RunRef, error) {
	parts := []string{""}
	for i := 0; i < len(text); i++ {
		last := &parts[len(parts)-1]
		switch {
		case text[i] == '/':
			parts = append(parts, "")
			continue
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		*last += text[i : i+1]
	}
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return event.RunRef{}, fmt.Errorf("%w: run=%.64q: give a namespace, a journey and an ID with slashes between them", errAddress, text)
	}
	return event.RunRef{Namespace: parts[0], Name: parts[1], ID: parts[2]}, nil
}
