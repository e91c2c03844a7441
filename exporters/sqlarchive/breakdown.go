package sqlarchive

import (
	"encoding/json"
	"math"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// breakdown sets the columns of a breakdown. Owner, severity and note are those of a follow-up and of an action, too, which come first: no run is two of
// these.
func (r *row) breakdown(d *event.Breakdown) {
	r.given(colBreakdown, d.About)
	r.text(colBreakdownJourney, d.Journey)
	r.text(colBreakdownName, d.Name)
	r.bool(colBreakdownBetter, d.Better)
	r.time(colBreakdownBegan, d.Began)
	r.time(colBreakdownBaseline, d.BaselineUntil)
	if len(d.Placed) > 0 {
		r.given(colBreakdownPlaced, placed(d.Placed))
	}
	r.number(colShareBefore, finite(d.Before))
	r.number(colShareSince, finite(d.Since))
	r.number(colExcess, finite(d.Excess))
	r.count(colExcessCustomers, d.Customers)
	if v := d.Value; v != nil {
		r.int(colExcessValueAmount, v.Amount)
		r.given(colExcessValueCurrency, v.Currency)
	}
	if d.Action != (event.RunRef{}) {
		r.given(colPlanNamespace, d.Action.Namespace)
		r.given(colPlanAction, d.Action.Name)
		r.given(colPlanRun, d.Action.ID)
	}
	r.text(colEarlierRun, d.Earlier)
	for c, s := range map[column]string{colOwner: d.Owner, colSeverity: d.Severity, colNote: d.Note} {
		if r.cells[c].typ == null {
			r.text(c, s)
		}
	}
}

// finite returns the number, or 0 for one that JSON does not have.
func finite(n float64) float64 {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

// placed returns the places as a JSON array of objects, as the event has them.
func placed(list []event.Placed) string {
	cleaned := make([]event.Placed, len(list))
	for i, p := range list {
		cleaned[i] = event.Placed{Column: clean(p.Column), Value: clean(p.Value)}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(cleaned) // texts
	return strings.TrimSuffix(b.String(), "\n")
}
