package subscribe_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/insight/subscribe"
	"cairncx.dev/cairn/cx/stores/memory"
)

// weekly is a report in one line.
type weekly string

func (w weekly) Subject() string             { return string(w) }
func (w weekly) MailHTML(to io.Writer) error { _, err := io.WriteString(to, string(w)); return err }

func (w weekly) Text(to io.Writer, _ int) error { _, err := io.WriteString(to, string(w)); return err }

// printer delivers to the terminal, as a Sender of cx/insight/mail delivers by e-mail.
type printer string

func (p printer) Deliver(_ context.Context, d *schedule.Delivery) error {
	_, err := fmt.Printf("%s gets: %s\n", p, d.Report.Subject())
	return err
}

// Each subscriber gets the report of what it may see when the report is sent; one who has left gets none.
func ExamplePlan() {
	ctx := context.Background()
	list, err := subscribe.New(new(memory.Store))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{"lead@example.com", "shop@example.com", "left@example.com"} {
		if err := list.Subscribe(ctx, "week", address, true); err != nil {
			fmt.Println(err)
		}
	}
	teams := map[string]insight.Viewer{
		"lead@example.com": {Rights: insight.Numbers},
		"shop@example.com": {Rights: insight.Numbers, Owners: []string{"shop"}},
	}
	plan := subscribe.Plan(list, "week", report.Week, time.UTC, subscribe.Each{
		Viewer: func(_ context.Context, address string) (insight.Viewer, error) {
			viewer, ok := teams[address]
			if !ok {
				return insight.Viewer{}, subscribe.ErrNoRights
			}
			return viewer, nil
		},
		Make: func(_ context.Context, viewer insight.Viewer, p report.Period) (schedule.Report, error) {
			return weekly(fmt.Sprintf("%s, owners %q", p.Label(), viewer.Owners)), nil // report.Make makes the real one
		},
		Send: func(address string) (schedule.Deliverer, error) { return printer(address), nil },
	})
	week := report.Week.Current(time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC))
	if err := plan.Deliver.Deliver(ctx, &schedule.Delivery{Name: "week", Every: report.Week, Period: week}); err != nil { // a schedule does so each week
		fmt.Println(err)
	}
	// Output:
	// lead@example.com gets: 23 to 29 March 2026, owners []
	// shop@example.com gets: 23 to 29 March 2026, owners ["shop"]
}
