//go:build unix

package export

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

const (
	archiveRounds  = 9
	archiveBatches = 24
	runsInBatch    = 43 // of 12 events: 516, about exporters.DefaultBatchSize
)

// tables are those that an archive has.
var tables = []string{"transitions", "touchpoints", "feedback", "followups", "others", "journeys"}

// rows are those of one batch as the database has them, by table.
type rows map[string][][]any

// story returns so many batches of what customers did, each of whole runs, so that a bare insert has one row
// for each run as well; how many events each has; and by the run's ID which batch it is in.
func story(n int) (batches [][]event.Event, sizes []int, of map[string]int) {
	of = map[string]int{}
	for i := range n {
		var batch []event.Event
		for k := range runsInBatch {
			j := event.Run{Namespace: "prod", Name: "checkout", ID: fmt.Sprintf("cart-%d", i*runsInBatch+k), Version: "2026-03"}
			of[j.ID] = i
			batch = append(batch, run(j, now.Add(time.Duration(i*runsInBatch+k)*time.Minute))...)
		}
		batches = append(batches, batch)
		sizes = append(sizes, len(batch))
	}
	return batches, sizes, of
}

// run returns the events of one customer's run, which begins then.
func run(j event.Run, at time.Time) (events []event.Event) {
	j.Started = at
	tell := func(id string, e event.Event) {
		e.ID, e.Journey, e.Time, e.Channel = flight.DeriveID(j, id), j, at, event.Web
		e.Customer = event.Customer{Hash: "0123456789abcdef0123456789abcdef", Segment: "gold"}
		events = append(events, e)
		at = at.Add(time.Second)
	}
	tell("started", event.Event{Kind: event.JourneyStarted})
	last := ""
	for _, stage := range []string{"cart", "address", "payment"} {
		tell("entered/"+stage, event.Event{Kind: event.JourneyStageEntered, Stage: stage, Visit: 1, Transition: &event.Transition{From: last}})
		last = stage
		for _, touch := range []string{"open-", "submit-"} {
			tell(touch+stage, event.Event{
				Kind: event.TouchpointEnded, Stage: stage, Visit: 1, Touchpoint: touch + stage,
				Duration: 1200 * time.Millisecond, Outcome: event.OK, Zone: event.Tolerating,
			})
		}
	}
	tell("csat", event.Event{Kind: event.FeedbackReceived, Stage: last, Visit: 1, Feedback: &event.Feedback{
		Survey: "after", Scale: event.CSAT, Score: 5, Verdict: event.Positive, Comment: "Quick, and it said where the parcel is.",
	}})
	tell("ended", event.Event{Kind: event.JourneyEnded, Stage: last, Visit: 1, Outcome: event.Completed, Duration: at.Sub(j.Started)})
	return events
}

// byBatch puts the rows of a table, the last column of which is the run's ID, into their batches.
func byBatch(list []rows, of map[string]int, table string, found [][]any) error {
	for _, row := range found {
		last := len(row) - 1
		id, _ := row[last].(string)
		i, ok := of[id]
		if !ok {
			return fmt.Errorf("a row of %s is of the run %q, which is in no batch", table, id)
		}
		if list[i] == nil {
			list[i] = rows{}
		}
		list[i][table] = append(list[i][table], row[:last])
	}
	return nil
}
