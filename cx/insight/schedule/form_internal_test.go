package schedule

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/internal/leased/leasedtest"
)

// TestForm: the state of a plan is kept as leased.Held relies on.
func TestForm(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	day := report.Period{From: end.AddDate(0, 0, -1), Until: end}
	with := func(t *turn) func() *state {
		return func() *state { return (&state{Version: version, Salt: "salt", Done: 7, Turn: t}).clone() }
	}
	leasedtest.Form(t, form{"first", day}, func(s *state) { s.Turn.Parts[0] = "b@example.org" }, []leasedtest.Case[*state]{
		{Name: "held", Reason: "name and period are those of the instance", State: with(&turn{Until: end.Unix(), Holder: "first", Lease: 1000, Tries: 1, Parts: []string{"a@example.org"}}), Mine: true},
		{Name: "of another", Reason: "the name differs", State: with(&turn{Until: end.Unix(), Holder: "second", Lease: 1000, Tries: 1})},
		{Name: "of another period", Reason: "another instance has delivered the report meanwhile", State: with(&turn{Until: end.Unix() + 86400, Holder: "first", Lease: 1000, Tries: 1})},
		{Name: "released", Reason: "it has no holder", State: with(&turn{Until: end.Unix(), Tries: 1})},
		{Name: "done", Reason: "it has no turn", State: with(nil)},
	})
}
