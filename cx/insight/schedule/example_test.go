package schedule_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
	"cairncx.dev/cairn/cx/stores/memory"
)

// folder delivers reports to standard output.
type folder struct{}

func (folder) Deliver(_ context.Context, d *schedule.Delivery) error {
	fmt.Println(d.Name, d.Period.Label(), d.Report.Subject())
	return d.Report.Text(io.Discard, 80)
}

// A plan says what is made and delivered, and when. The schedule works until Shutdown. All instances of a service share a store such as that of
// cx/stores/postgres; this one is alone.
func ExampleNew() {
	s, err := schedule.New(new(memory.Store), schedule.Plan{
		Name: "support week", Every: report.Week, Settle: 2 * time.Hour,
		Make: func(_ context.Context, p report.Period) (schedule.Report, error) {
			return page("the report of " + p.Label()), nil // report.Make makes one from a table
		},
		Deliver: folder{}, // cx/insight/mail sends e-mail
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(s.Shutdown(ctx))
	// Output: <nil>
}
